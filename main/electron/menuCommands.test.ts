import { expect, test } from 'vitest';
import { hasCommand } from '../../renderer/commands/table.ts';
import { MENU_COMMANDS } from './menuCommands.ts';

test('every item of the menu is a command of the window', () => {
  const names = MENU_COMMANDS.flatMap((item) => ('name' in item ? [item.name] : []));
  expect(names.filter((name) => !hasCommand(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});
