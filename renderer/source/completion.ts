// Completion in the source pane: members where a designator can stand, macros of the headers and of the file where a value can,
// those first that belong to the member that is being given a value.
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { ARRAY_GLOSSARY, MACRO_GLOSSARY } from '../../engine/config/index.ts';
import { memberAt, membersAt, placeAt } from './structure.ts';

const macros: readonly Completion[] = [...MACRO_GLOSSARY.values()].map(
  ({ name, parameters, replacement, meaning }) => ({
    label: name,
    displayLabel: name + parameters,
    type: parameters === '' ? 'constant' : 'function',
    detail: replacement.length <= 12 ? replacement : '',
    info: meaning,
  }),
);

/** How much further up the list the macros of the field's own kind stand. */
const OWN_KIND = 50;

function ownDefinitions(text: string): Completion[] {
  return [...text.matchAll(/^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)(\([^)]*\))?[ \t]*(.*)$/gm)].map(
    ([, name, parameters = '', body = '']) => ({
      label: name!,
      displayLabel: name! + parameters,
      type: 'variable',
      info: `Defined in this file: ${body.trim()}`,
    }),
  );
}

export function complete(context: CompletionContext): CompletionResult | null {
  const text = context.state.doc.toString();
  const designator = context.matchBefore(/(?<![\w\])])\.\w*/);
  if (designator) {
    const place = placeAt(text, designator.from);
    if (!place) return null;
    const declared = [...place.declared].map(([name]): Completion => ({
      label: `.${name}`,
      type: 'property',
      info: ARRAY_GLOSSARY.find(({ c }) => c === name)?.meaning ?? 'The descriptor itself.',
    }));
    const members = membersAt(place).map(({ name, entry }): Completion => ({
      label: `.${name}`,
      type: 'property',
      info: entry.meaning,
    }));
    const options = place.tag === undefined ? declared : members;
    return options.length === 0 ? null : { from: designator.from, options, validFor: /^\.\w*$/ };
  }
  const word = context.matchBefore(/\w+/);
  if (!word && !context.explicit) return null;
  if (word && /^\d/.test(word.text)) return null;
  const from = word?.from ?? context.pos;
  const place = placeAt(text, from);
  if (!place && !/^[ \t]*#/.test(context.state.doc.lineAt(from).text)) return null;
  // Where a designator is to be written, macros would only be in the way.
  if (place && place.member === undefined && !place.array && !context.explicit) return null;
  const type = place ? memberAt(place)?.field.type : undefined;
  const kind = type?.kind === 'scalar' && typeof type.notation === 'object' ? type.notation.prefix : undefined;
  const ranked =
    kind === undefined
      ? macros
      : macros.map((each) => (each.label.startsWith(kind) ? { ...each, boost: OWN_KIND } : each));
  return { from, options: [...ownDefinitions(text), ...ranked], validFor: /^\w*$/ };
}
