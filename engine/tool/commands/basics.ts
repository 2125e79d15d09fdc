// The small commands: echo, dmesg, true, false, clear.
import { EXIT, type Command } from '../process.ts';
import { unescapeText } from './time.ts';

export const echo: Command = ({ args, out }) => {
  const options = new Set<string>();
  let words = args.slice(1);
  while (words[0] !== undefined && /^-[ne]+$/.test(words[0])) {
    for (const option of words[0].slice(1)) options.add(option);
    words = words.slice(1);
  }
  const text = words.join(' ');
  out((options.has('e') ? unescapeText(text) : text) + (options.has('n') ? '' : '\n'));
  return EXIT.OK;
};

/** `[    1.234567] text`: seconds of guest time, as the kernel's time stamps. */
export const dmesg: Command = ({ driver, out }) => {
  for (const { time, text } of driver.linux.log) out(`[${(time / 1e9).toFixed(6).padStart(12)}] ${text}\n`);
  return EXIT.OK;
};

export const clear: Command = ({ out }) => {
  out('\x1b[H\x1b[2J');
  return EXIT.OK;
};

export const succeed: Command = () => EXIT.OK;
export const fail: Command = () => EXIT.FAILURE;
