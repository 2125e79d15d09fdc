// Two configurations field by field: what has another value, which entries are only in one. Entries of arrays are matched first, so
// that a region that was put in front of others is one difference and not all of them.
import { commonPairs, cpuList, showJson } from '../../engine/config/index.ts';
import type { Config, Json } from '../../engine/config/index.ts';

export interface FieldDifference {
  /** Path in the model: of the second configuration, or of the first for what only that has. */
  path: string;
  kind: 'changed' | 'added' | 'removed';
  /** As `cellblock config show --json` writes values; empty where there is none. */
  a: string;
  b: string;
}

/** Facts of the file rather than fields of the configuration. */
const NOT_FIELDS = new Set(['kind', 'size', 'trailing']);

export function fieldDifferences(a: Config | undefined, b: Config | undefined): FieldDifference[] {
  if (!a || !b || a.kind !== b.kind) return [];
  const [left, right] = [showJson(a), showJson(b)] as [JsonObject, JsonObject];
  const found: FieldDifference[] = [];
  for (const key of keysOf(left, right)) if (!NOT_FIELDS.has(key)) walk(found, key, left[key], right[key]);
  return found;
}

type JsonObject = { [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isEntries = (value: Json | undefined): value is JsonObject[] => Array.isArray(value) && value.some(isObject);
const keysOf = (a: JsonObject, b: JsonObject): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])];

/** One line for a value: numbers and names as they are, structures as `physStart 0x1000, size 0x2000`. */
export function valueText(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) {
    if (value.length > 0 && value.every((each) => typeof each === 'number')) return cpuList(value);
    return value.length === 0 ? 'none' : value.map(valueText).join(value.some(isObject) ? '; ' : ' ');
  }
  if (isObject(value))
    return Object.entries(value)
      .map(([key, each]) => `${key} ${valueText(each)}`)
      .join(', ');
  return String(value);
}

function walk(found: FieldDifference[], path: string, a: Json | undefined, b: Json | undefined): void {
  if (JSON.stringify(a) === JSON.stringify(b)) return;
  if (isEntries(a) || isEntries(b)) entries(found, path, Array.isArray(a) ? a : [], Array.isArray(b) ? b : []);
  else if (isObject(a) && isObject(b)) for (const key of keysOf(a, b)) walk(found, `${path}.${key}`, a[key], b[key]);
  else
    found.push({
      path,
      kind: a === undefined ? 'added' : b === undefined ? 'removed' : 'changed',
      a: valueText(a),
      b: valueText(b),
    });
}

/** Entries that are equal are matched; what stands between two of them in both is taken for changed, in order. */
function entries(found: FieldDifference[], path: string, a: readonly Json[], b: readonly Json[]): void {
  const pairs = commonPairs(
    a.map((each) => JSON.stringify(each)),
    b.map((each) => JSON.stringify(each)),
  );
  let [i, j] = [0, 0];
  for (const [x, y] of [...pairs, [a.length, b.length] as const]) {
    for (; i < x && j < y; i++, j++) walk(found, `${path}[${j}]`, a[i], b[j]);
    for (; i < x; i++) found.push({ path: `${path}[${i}]`, kind: 'removed', a: valueText(a[i]), b: '' });
    for (; j < y; j++) found.push({ path: `${path}[${j}]`, kind: 'added', a: '', b: valueText(b[j]) });
    i++;
    j++;
  }
}
