// `cellblock boards`: the boards that are known.
import { boardLibrary } from './library.ts';
import { parseArguments } from './usage.ts';

const USAGE = `usage: cellblock boards [--json]
`;

export async function boardsCommand(args: string[]): Promise<number> {
  const { values } = parseArguments({ args, options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { boards, errors } = boardLibrary().list();
  if (values.json) {
    process.stdout.write(`${JSON.stringify(boards, undefined, 2)}\n`);
  } else {
    const width = Math.max(...boards.map((board) => board.name.length), 0) + 2;
    for (const board of boards) process.stdout.write(`${board.name.padEnd(width)}${board.title}\n`);
  }
  for (const error of errors) process.stderr.write(`${error.message}\n`);
  return errors.length > 0 ? 1 : 0;
}
