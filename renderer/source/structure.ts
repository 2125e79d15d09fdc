// Where in the structures of a configuration a place in a C source is, told from the text alone: the braces around it and the
// designators in front of them. Works on text that does not compile, as text does not while it is being typed. The members and
// their meaning come from engine/config's glossary (ABI reference, A.1-A.11).
import { STRUCT_GLOSSARY } from '../../engine/config/index.ts';
import type { MemberEntry } from '../../engine/config/index.ts';

/** Inside an initialiser: which members can be named there. */
export interface Place {
  /** `struct jailhouse_…` around the place; undefined: the configuration variable itself, or no structure of ours. */
  tag: string | undefined;
  /** In front of the members' C names, for structures nested without a tag: `platform_info.` */
  prefix: string;
  /** True right inside an array, where only entries can stand. */
  array: boolean;
  /** The member that is being given a value at the place, if any. */
  member: string | undefined;
  /** Members of the configuration variable as the text declares them, by name, with their tags. */
  declared: ReadonlyMap<string, { tag: string | undefined; array: boolean }>;
}

type Around = Pick<Place, 'tag' | 'prefix' | 'array'> & { outermost?: boolean };

const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|^[ \t]*#(?:[^\n\\]|\\[\s\S])*|\.[ \t]*([A-Za-z_]\w*)|[{}=;,]|\b(?:struct[ \t]+(jailhouse_\w+)|__u8|__u16|__u32|__u64)[ \t]+(\w+)[ \t]*(\[)?/gm;

/** Null: the place is in a comment, a string or outside every initialiser. */
export function placeAt(text: string, offset: number): Place | null {
  const declared = new Map<string, { tag: string | undefined; array: boolean }>();
  const stack: (Around | null)[] = [];
  let designator: string | undefined;
  let assigned: string | undefined;
  let last = '';
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match && match.index < offset; match = TOKEN.exec(text)) {
    const [token, dotted, tag, name, array] = match;
    if (/^(?:\/[*/]|["'])/.test(token) || token.trimStart().startsWith('#')) {
      if (match.index + token.length > offset || (token.startsWith('//') && match.index + token.length >= offset))
        return null;
      continue;
    }
    if (dotted !== undefined) {
      // A designator that is still being typed is no designator yet.
      if (match.index + token.length >= offset) break;
      designator = designator === undefined || last !== '.' ? dotted : `${designator}.${dotted}`;
      last = '.';
      continue;
    }
    if (name !== undefined) {
      if (stack.length <= 1) declared.set(name, { tag, array: array !== undefined });
    } else if (token === '=') {
      assigned = designator;
    } else if (token === '{') {
      stack.push(stack.length === 0 ? opened(last) : inside(stack.at(-1)!, assigned, declared));
      designator = assigned = undefined;
    } else if (token === '}') {
      stack.pop();
      designator = assigned = undefined;
    } else if (token === ',' || token === ';') designator = assigned = undefined;
    last = token;
  }
  const steps = assigned?.split('.') ?? [];
  const member = steps.pop();
  const around = steps.reduce((outer, step) => entered(outer, step, declared), stack.at(-1) ?? null);
  if (!around) return null;
  const { tag, prefix, array } = around;
  return { tag, prefix, array, member, declared };
}

/** The outermost braces: of the variable's initialiser, or of a type. */
const opened = (before: string): Around | null =>
  before === '=' ? { tag: undefined, prefix: '', array: false, outermost: true } : null;

/** What a brace opens inside another one, behind these designators. */
function inside(around: Around | null, names: string | undefined, declared: Place['declared']): Around | null {
  if (names !== undefined) return names.split('.').reduce((outer, name) => entered(outer, name, declared), around);
  return around?.array ? { ...around, array: false } : around && { tag: undefined, prefix: '', array: false };
}

/** The structure or array that a member is. */
function entered(around: Around | null, name: string, declared: Place['declared']): Around | null {
  if (!around) return null;
  if (around.outermost) {
    const member = declared.get(name);
    return { tag: member?.tag, prefix: '', array: member?.array ?? false };
  }
  const members = around.tag === undefined ? [] : (STRUCT_GLOSSARY.get(around.tag) ?? []);
  const found = members.find(({ c }) => c === around.prefix + name);
  if (found?.field.type.kind === 'struct') return { tag: found.field.type.layout.c, prefix: '', array: false };
  if (found?.field.type.kind === 'structs') return { tag: found.field.type.layout.c, prefix: '', array: true };
  if (name === 'arm' || name === 'x86') return { tag: name, prefix: '', array: false };
  const deeper = `${around.prefix}${name}.`;
  return members.some(({ c }) => c.startsWith(deeper))
    ? { tag: around.tag, prefix: deeper, array: false }
    : { tag: undefined, prefix: '', array: false };
}

/** A member that can be named at a place, by the name that it is written with there. */
export interface NamedMember {
  name: string;
  entry: MemberEntry;
}

export function membersAt({ tag, prefix, array }: Pick<Place, 'tag' | 'prefix' | 'array'>): NamedMember[] {
  if (tag === undefined || array) return [];
  return (STRUCT_GLOSSARY.get(tag) ?? []).flatMap((entry) => {
    if (!entry.c.startsWith(prefix)) return [];
    const name = entry.c.slice(prefix.length);
    return name.includes('.') ? [] : [{ name, entry }];
  });
}

/** The member whose value stands at a place; undefined where none does or it is none of the headers'. */
export const memberAt = (place: Place): MemberEntry | undefined =>
  place.member === undefined
    ? undefined
    : STRUCT_GLOSSARY.get(place.tag ?? '')?.find(({ c }) => c === place.prefix + place.member);
