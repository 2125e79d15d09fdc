// Reading and writing the state in the window from generated code.
import { systemSlot } from '../aarch64/system/registers.ts';
import type { In32, In64, X32, X64 } from '../wasm/expression.ts';
import { i32, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import type { FlagSource } from './flags.ts';
import type { StateField } from './layout.ts';
import { CODE_LAYOUT, SLOT, STATE } from './layout.ts';

/** The window's fields as expressions and statements of one function. */
export class StateAccess {
  private readonly f: FunctionBuilder;
  readonly window = CODE_LAYOUT.window;

  constructor(f: FunctionBuilder) {
    this.f = f;
  }

  get32(field: StateField): X32 {
    return i32.load(this.window, STATE[field]);
  }
  get64(field: StateField): X64 {
    return i64.load(this.window, STATE[field]);
  }
  set32(field: StateField, value: In32): void {
    this.f.store32(this.window, STATE[field], value);
  }
  set64(field: StateField, value: In64): void {
    this.f.store64(this.window, STATE[field], value);
  }
  add32(field: StateField, value: number): void {
    this.set32(field, i32.add(this.get32(field), value));
  }

  /** The flags as they are stored. */
  get flags(): FlagSource {
    return {
      n: () => this.get64('flagN'),
      z: () => this.get64('flagZ'),
      c: () => this.get32('flagC'),
      v: () => this.get64('flagV'),
    };
  }
  setFlags({ n, z, c, v }: FlagSource): void {
    this.set64('flagN', n());
    this.set64('flagZ', z());
    this.set32('flagC', c());
    this.set64('flagV', v());
  }

  system(name: string): X64 {
    return i64.load(this.window, systemSlot(name));
  }
  /** Low half of a system register. */
  system32(name: string): X32 {
    return i32.load(this.window, systemSlot(name));
  }
  setSystem(name: string, value: In64): void {
    this.f.store64(this.window, systemSlot(name), value);
  }

  stackPointer(): X64 {
    return i64.load(this.window, SLOT.SP);
  }
  setStackPointer(value: X64): void {
    this.f.store64(this.window, SLOT.SP, value);
  }

  /** Address of the instruction at `ip`, or `pc` if there is none. */
  currentPc(): X64 {
    const ip = this.get32('ip');
    const inPage = i64.add(this.get64('pcBias'), i64.extendU(i32.shrU(ip, 2)));
    return i64.select(i32.eq(ip, CODE_LAYOUT.resolveRecord), this.get64('pc'), inPage);
  }
}
