// A bytecode interpreter with computed gotos that runs a sieve: indirect branches, byte loads.
typedef unsigned char u8;
typedef unsigned long u64;
enum { PUSH, ADD, SUB, LOAD, STORE, JLT, GETB, SETB, HALT, COUNT_OPS };
static u8 flags[8192];
static long locals[8];
static u8 code[256];
static int end;
static void op(u8 o) { code[end++] = o; }
static void imm(int v) { code[end++] = (u8)v, code[end++] = (u8)(v >> 8); }
void setup(void) {
    // i = 2; do { j = i + i; do { flags[j] = 1; j += i } while (j < 8192); i += 1 } while (i < 90)
    op(PUSH), imm(2), op(STORE), op(0);
    int outer = end;
    op(LOAD), op(0), op(LOAD), op(0), op(ADD), op(STORE), op(1);
    int inner = end;
    op(PUSH), imm(1), op(LOAD), op(1), op(SETB);
    op(LOAD), op(1), op(LOAD), op(0), op(ADD), op(STORE), op(1);
    op(LOAD), op(1), op(PUSH), imm(8192), op(JLT), imm(inner);
    op(LOAD), op(0), op(PUSH), imm(1), op(ADD), op(STORE), op(0);
    op(LOAD), op(0), op(PUSH), imm(90), op(JLT), imm(outer);
    op(HALT);
}
static __attribute__((noinline)) void execute(void) {
    static const void *const labels[COUNT_OPS] = {&&push, &&add, &&sub, &&load, &&store, &&jlt, &&getb, &&setb, &&halt};
    long stack[16], *sp = stack;
    const u8 *pc = code;
#define NEXT goto *labels[*pc++]
    NEXT;
push: *sp++ = pc[0] | pc[1] << 8; pc += 2; NEXT;
add: sp--; sp[-1] += sp[0]; NEXT;
sub: sp--; sp[-1] -= sp[0]; NEXT;
load: *sp++ = locals[*pc++]; NEXT;
store: locals[*pc++] = *--sp; NEXT;
jlt: sp -= 2; if (sp[0] < sp[1]) pc = code + (pc[0] | pc[1] << 8); else pc += 2; NEXT;
getb: sp[-1] = flags[sp[-1]]; NEXT;
setb: sp -= 2; flags[sp[1]] = (u8)sp[0]; NEXT;
halt: return;
}
u64 kernel(void) {
    u64 sum = 0;
    for (int round = 0; round < SCALE; round++) execute();
    for (int i = 0; i < 8192; i++) sum = sum * 3 + flags[i];
    return sum;
}
