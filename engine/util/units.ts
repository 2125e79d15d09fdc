// Units of measure as types: addresses of different spaces and times of different clocks never mix under a bare number.
// Physical and guest-physical addresses fit a double exactly (48 bits); guest-virtual ones use all 64 bits and are bigint.

declare const unit: unique symbol;
type Unit<Base, Name extends string> = Base & { readonly [unit]: Name };

/** Guest-virtual address, 64 bits: what a program uses. */
export type Gva = Unit<bigint, 'guest-virtual address'>;
/** Guest-physical address (Arm: IPA), up to 48 bits: what a cell's page tables produce. */
export type Gpa = Unit<number, 'guest-physical address'>;
/** Physical address of the board, up to 48 bits: what stage 2 produces and the bus decodes. */
export type Pa = Unit<number, 'physical address'>;
/** Byte offset in the engine's WebAssembly memory. */
export type HostOffset = Unit<number, 'host offset'>;

/** Time of the machine in nanoseconds since power-on. A function of instructions executed, never of the host clock. */
export type GuestNs = Unit<number, 'guest ns'>;
/** A count of guest instructions. */
export type Instructions = Unit<number, 'instructions'>;
/** Time of the host in milliseconds. Only the service, the shells and benches may look at it. */
export type HostMs = Unit<number, 'host ms'>;

export const gva = (value: bigint): Gva => BigInt.asUintN(64, value) as Gva;
export const gpa = (value: number): Gpa => value as Gpa;
export const pa = (value: number): Pa => value as Pa;
export const hostOffset = (value: number): HostOffset => value as HostOffset;
export const guestNs = (value: number): GuestNs => value as GuestNs;
export const instructions = (value: number): Instructions => value as Instructions;
export const hostMs = (value: number): HostMs => value as HostMs;

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;

/** The smallest unit in which memory changes hands: a 4 KiB page. */
export const PAGE_SIZE = 4096;
