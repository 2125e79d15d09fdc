// Whether main is at work for this window: calls that take long show it, short ones leave no flicker.
import type { Bridge } from '../../engine/contract/index.ts';

/** A call is told of after this many milliseconds. */
const PATIENCE = 300;

export class Busy {
  /** Calls that have been waiting longer than that. */
  waiting = $state(0);

  /** The same bridge, watched. */
  watch(bridge: Bridge): Bridge {
    const call: Bridge['call'] = async (name, input) => {
      let told = false;
      const timer = setTimeout(() => {
        told = true;
        this.waiting++;
      }, PATIENCE);
      try {
        return await bridge.call(name, input);
      } finally {
        clearTimeout(timer);
        if (told) this.waiting--;
      }
    };
    return { ...bridge, call };
  }
}
