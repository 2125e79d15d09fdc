import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { dataFolder } from './location.ts';

test('the data folder follows the system, and a name given', () => {
  expect(dataFolder({}, 'linux')).toBe(`${homedir()}/.local/share/cellblock`);
  expect(dataFolder({ XDG_DATA_HOME: '/data' }, 'linux')).toBe('/data/cellblock');
  expect(dataFolder({}, 'darwin')).toBe(`${homedir()}/Library/Application Support/Cellblock`);
  expect(dataFolder({ CELLBLOCK_DATA: '/elsewhere', XDG_DATA_HOME: '/data' }, 'linux')).toBe('/elsewhere');
});
