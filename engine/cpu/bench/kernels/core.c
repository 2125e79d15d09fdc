// List walking, matrix arithmetic, a state machine over text and CRC-16: the mix of embedded benchmarks.
typedef unsigned char u8;
typedef short i16;
typedef unsigned short u16;
typedef unsigned u32;
typedef unsigned long u64;
struct node {
    struct node *next;
    i16 key, value;
};
#define NODES 256
#define SIZE 16
static struct node nodes[NODES], *head;
static i16 a[SIZE * SIZE], b[SIZE * SIZE];
static int c[SIZE * SIZE];
static const char text[] = "5012,-874,0x1f,+122,3.14e2,bad,T0.3e-1F,-110.700,+0.64400,5.5e+3,-.123e-2,-87e+832,+0.6e-12,1234abcd";

static u16 crc(u16 sum, u32 value, int bits) {
    for (int i = 0; i < bits; i++, value >>= 1) sum = (u16)((sum ^ value) & 1 ? (sum >> 1) ^ 0xa001 : sum >> 1);
    return sum;
}
static struct node *merge_sort(struct node *list) {
    if (!list || !list->next) return list;
    struct node *slow = list, *fast = list->next;
    while (fast && fast->next) slow = slow->next, fast = fast->next->next;
    struct node *right = merge_sort(slow->next), *result, **tail = &result;
    slow->next = 0;
    list = merge_sort(list);
    while (list && right) {
        struct node **smaller = list->key <= right->key ? &list : &right;
        *tail = *smaller;
        tail = &(*smaller)->next;
        *smaller = (*smaller)->next;
    }
    *tail = list ? list : right;
    return result;
}
static u32 lists(u32 round) {
    u32 sum = 0;
    for (struct node *n = head; n; n = n->next) n->key = (i16)((n->value * 31 + (int)round * 7) & 0x3ff);
    head = merge_sort(head);
    struct node *reversed = 0;
    while (head) {
        struct node *next = head->next;
        head->next = reversed, reversed = head, head = next;
        sum += (u32)reversed->key * (sum & 7);
    }
    head = reversed;
    return sum;
}
static u32 matrices(i16 x) {
    for (int i = 0; i < SIZE * SIZE; i++) a[i] = (i16)(a[i] + x);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            int sum = 0;
            for (int k = 0; k < SIZE; k++) sum += a[i * SIZE + k] * b[k * SIZE + j];
            c[i * SIZE + j] = sum;
        }
    u32 sum = 0;
    for (int i = 0; i < SIZE * SIZE; i++) sum += (u32)(c[i] >> 2 & 0xf) * (u32)(c[i] >> 5 & 0x7f);
    return sum;
}
enum state { START, INT, FLOAT, EXPONENT, HEX, INVALID, STATES };
static u32 states(u32 counts[STATES]) {
    enum state s = START;
    for (const char *p = text; *p; p++) {
        char ch = *p;
        if (ch == ',') {
            counts[s]++, s = START;
            continue;
        }
        switch (s) {
        case START: s = (ch >= '0' && ch <= '9') || ch == '+' || ch == '-' ? INT : ch == '.' ? FLOAT : INVALID; break;
        case INT: s = ch >= '0' && ch <= '9' ? INT : ch == '.' ? FLOAT : ch == 'e' ? EXPONENT : ch == 'x' ? HEX : INVALID; break;
        case FLOAT: s = ch >= '0' && ch <= '9' ? FLOAT : ch == 'e' ? EXPONENT : INVALID; break;
        case EXPONENT: s = (ch >= '0' && ch <= '9') || ch == '+' || ch == '-' ? EXPONENT : INVALID; break;
        case HEX: s = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f') ? HEX : INVALID; break;
        default: break;
        }
    }
    return counts[INT] * 3 + counts[FLOAT];
}
void setup(void) {
    u32 seed = 1;
    for (int i = 0; i < NODES; i++) {
        seed = seed * 1103515245 + 12345;
        nodes[i].value = (i16)(seed >> 16);
        nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
    }
    head = nodes;
    for (int i = 0; i < SIZE * SIZE; i++) a[i] = (i16)(i * 3), b[i] = (i16)(i ^ 5);
}
u64 kernel(void) {
    u16 sum = 0;
    u32 counts[STATES] = {0};
    for (u32 round = 0; round < SCALE; round++) {
        sum = crc(sum, lists(round), 32);
        sum = crc(sum, matrices((i16)round), 32);
        sum = crc(sum, states(counts), 16);
    }
    return sum;
}
