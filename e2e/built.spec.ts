// What a build leaves beside the engine's scripts, V8 takes.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pinnedNode } from '../main/launch/setup.mjs';
import { ENGINE_NODE_OPTIONS } from '../engine/contract/index.ts';
import { SCRIPTS, scriptFile } from '../engine/entry/load.ts';
import { expect, test } from '@playwright/test';

const PROGRAM = `
const { readFileSync } = require('node:fs');
const file = process.argv[1];
const cachedData = readFileSync(file + '.' + require('node:v8').cachedDataVersionTag().toString(16));
process.stdout.write(String(new (require('node:vm').Script)(readFileSync(file, 'latin1'), { cachedData }).cachedDataRejected));`;

for (const name of SCRIPTS)
  for (const options of [[], ENGINE_NODE_OPTIONS])
    test(`${[...options, scriptFile(name)].join(' ')}`, async () => {
      const file = fileURLToPath(new URL(`../out/main/${scriptFile(name)}`, import.meta.url));
      const { stdout } = await promisify(execFile)(pinnedNode(), [...options, '-e', PROGRAM, file]);
      expect(stdout).toBe('false');
    });
