// A random walk over 8 MiB, one page a step: TLB and cache misses.
typedef unsigned u32;
typedef unsigned long u64;
#define PAGES 2048
static u64 pages[PAGES * 512];
void setup(void) {
    static u32 order[PAGES];
    u32 seed = 12345;
    for (u32 i = 0; i < PAGES; i++) order[i] = i;
    for (u32 i = PAGES - 1; i > 0; i--) {
        seed = seed * 1664525 + 1013904223;
        u32 j = (seed >> 8) % i;
        u32 t = order[i];
        order[i] = order[j], order[j] = t;
    }
    for (u32 i = 0; i < PAGES; i++) {
        u32 a = order[i], b = order[(i + 1) % PAGES];
        pages[a * 512 + a % 64 * 8] = (u64)&pages[b * 512 + b % 64 * 8];
    }
}
u64 kernel(void) {
    u64 *p = &pages[0], n = 0;
    p = (u64 *)&pages[0];
    while (!*p) p++;
    for (long i = 0; i < SCALE; i++) {
        p = (u64 *)*p;
        n += (u64)p >> 12;
    }
    return n;
}
