// Linux error numbers as hypervisor, driver and tool use them: hypercalls and ioctls return them negated, the tool prints
// the C library's text. Source: ABI reference, "Status of the facts" (numbers); errno(3) and glibc's strerror (texts).

const ERRORS = {
  EPERM: [1, 'Operation not permitted'],
  ENOENT: [2, 'No such file or directory'],
  EINTR: [4, 'Interrupted system call'],
  EIO: [5, 'Input/output error'],
  E2BIG: [7, 'Argument list too long'],
  EAGAIN: [11, 'Resource temporarily unavailable'],
  ENOMEM: [12, 'Cannot allocate memory'],
  EACCES: [13, 'Permission denied'],
  EFAULT: [14, 'Bad address'],
  EBUSY: [16, 'Device or resource busy'],
  EEXIST: [17, 'File exists'],
  ENODEV: [19, 'No such device'],
  ENOTDIR: [20, 'Not a directory'],
  EISDIR: [21, 'Is a directory'],
  EINVAL: [22, 'Invalid argument'],
  ERANGE: [34, 'Numerical result out of range'],
  ENOSYS: [38, 'Function not implemented'],
} as const;

export type ErrnoName = keyof typeof ERRORS;

/** `ERRNO.EBUSY` is 16; functions of these rooms return `-ERRNO.EBUSY`. */
export const ERRNO = Object.fromEntries(Object.entries(ERRORS).map(([name, [number]]) => [name, number])) as {
  [Name in ErrnoName]: (typeof ERRORS)[Name][0];
};

/** `EBUSY` for 16 (or -16); the number as text when it has no name here. */
export function errnoName(errno: number): string {
  const number = Math.abs(errno);
  return Object.entries(ERRORS).find(([, [candidate]]) => candidate === number)?.[0] ?? String(number);
}

/** The C library's text for 16 (or -16): `Device or resource busy`. */
export function strerror(errno: number): string {
  const number = Math.abs(errno);
  return Object.values(ERRORS).find(([candidate]) => candidate === number)?.[1] ?? `Unknown error ${number}`;
}
