// Quicksort of pseudo-random words: compares, swaps, unpredictable branches.
typedef unsigned u32;
typedef unsigned long u64;
#define COUNT (SCALE)
static u32 data[COUNT];
static u32 seed;
static u32 next(void) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}
static void sort(u32 *a, long low, long high) {
    while (low < high) {
        u32 pivot = a[(low + high) / 2];
        long i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i <= j) {
                u32 t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        if (j - low < high - i) {
            sort(a, low, j);
            low = i;
        } else {
            sort(a, i, high);
            high = j;
        }
    }
}
void setup(void) {
    seed = 2463534242u;
    for (long i = 0; i < COUNT; i++) data[i] = next();
}
u64 kernel(void) {
    sort(data, 0, COUNT - 1);
    u64 sum = 0;
    for (long i = 0; i < COUNT; i++) sum = sum * 31 + data[i];
    return sum;
}
