// Recursion: calls, returns, stack traffic.
typedef unsigned long u64;
void setup(void) {}
static __attribute__((noinline)) u64 fib(u64 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
u64 kernel(void) { return fib(SCALE); }
