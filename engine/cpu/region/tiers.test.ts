// The processor's own tests once more, with every place that a branch arrives at translated at once.
import { usualTier } from '../testing/board.ts';

usualTier.regions = { threshold: 1, eager: true };
await import('../core/address-map.test.ts');
await import('../core/code-pages.test.ts');
await import('../core/exceptions.test.ts');
await import('../core/translation.test.ts');
await import('../interpreter/loop.test.ts');
await import('../cluster.test.ts');
await import('../port.test.ts');
