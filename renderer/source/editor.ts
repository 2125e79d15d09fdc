// The CodeMirror editor of the source pane: one view, one remembered state a file. It has no history of its own: what is typed goes
// to the project at once, and undo comes back as a change from outside like every other edit.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, indentWithTab } from '@codemirror/commands';
import { cpp } from '@codemirror/lang-cpp';
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import type { Diagnostic } from '@codemirror/lint';
import { diff } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Annotation, Compartment, EditorState, StateEffect, StateField } from '@codemirror/state';
import type { Extension, Transaction } from '@codemirror/state';
import {
  Decoration,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  hoverTooltip,
  keymap,
  lineNumbers,
  rectangularSelection,
} from '@codemirror/view';
import type { DecorationSet } from '@codemirror/view';
import { complete } from './completion.ts';
import type { Explanation } from './explain.ts';
import { highlighting, theme } from './theme.ts';

export interface EditorEvents {
  /** The person changed the text. Changes of the same group belong together. */
  typed(text: string, group: string): void;
  /** The person put the cursor there. */
  moved(offset: number): void;
  undo(): void;
  redo(): void;
  explain(text: string, offset: number): Explanation | null;
}

const fromOutside = Annotation.define<boolean>();
const setMark = StateEffect.define<{ start: number; end: number } | undefined>();
const markedLine = Decoration.line({ class: 'cm-marked' });

/** The lines of what is selected on the board. */
const mark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setMark)) continue;
      const { doc } = transaction.state;
      if (!effect.value || effect.value.start > doc.length) {
        next = Decoration.none;
        continue;
      }
      const first = doc.lineAt(effect.value.start).number;
      const last = doc.lineAt(Math.min(doc.length, Math.max(effect.value.start, effect.value.end - 1))).number;
      next = Decoration.set(
        Array.from({ length: last - first + 1 }, (_, i) => markedLine.range(doc.line(first + i).from)),
      );
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** A pause this long between two keys, in milliseconds, begins a new step of the history. */
const PAUSE = 700;
/** Differences of files beyond this many steps are replaced as one stretch. */
const DIFF_LIMIT = 400;
let groups = 0;

export class SourceEditor {
  readonly view: EditorView;
  readonly #events: EditorEvents;
  readonly #states = new Map<string, EditorState>();
  readonly #readOnly = new Compartment();
  readonly #extensions: Extension;
  #path: string | undefined;
  #last = { at: 0, kind: '', position: -1 };

  constructor(host: HTMLElement, events: EditorEvents) {
    this.#events = events;
    this.#extensions = this.#setup();
    this.view = new EditorView({ parent: host, state: this.#state('', false, false) });
  }

  /** Shows a file, as it was left when it was shown last. */
  show(path: string, text: string, { c, readOnly }: { c: boolean; readOnly: boolean }): void {
    if (this.#path !== undefined) this.#states.set(this.#path, this.view.state);
    const known = this.#states.get(path);
    this.#path = path;
    this.view.setState(known ?? this.#state(text, c, readOnly));
    this.update(text);
    this.view.dispatch({ effects: this.#readOnly.reconfigure(lock(readOnly)) });
  }

  /** Takes over what was changed elsewhere: only the lines that differ, so that cursor and scroll position stay. */
  update(text: string): void {
    const now = this.view.state.doc.toString();
    if (now === text) return;
    const changes = diff(now, text, { scanLimit: DIFF_LIMIT }).map(({ fromA, toA, fromB, toB }) => ({
      from: fromA,
      to: toA,
      insert: text.slice(fromB, toB),
    }));
    const follows = this.view.hasFocus && changes.length > 0;
    const last = changes.at(-1);
    this.view.dispatch({ changes, annotations: fromOutside.of(true) });
    // With the keyboard in the pane, this was undo or redo: the cursor goes where it happened.
    if (follows && last) {
      const shift = text.length - now.length - (last.insert.length - (last.to - last.from));
      const anchor = Math.min(text.length, last.from + shift + last.insert.length);
      this.view.dispatch({ selection: { anchor }, scrollIntoView: true, annotations: fromOutside.of(true) });
    }
  }

  diagnose(diagnostics: readonly Diagnostic[]): void {
    const { length } = this.view.state.doc;
    const within = diagnostics.map((each) => {
      const from = Math.min(each.from, length);
      return { ...each, from, to: Math.max(from, Math.min(each.to, length)) };
    });
    this.view.dispatch(setDiagnostics(this.view.state, within));
  }

  mark(range: { start: number; end: number } | undefined): void {
    this.view.dispatch({ effects: setMark.of(range) });
  }

  reveal({ start, end }: { start: number; end: number }, focus: boolean): void {
    const { length } = this.view.state.doc;
    const anchor = Math.min(start, length);
    const seen = this.view.visibleRanges.some(({ from, to }) => from <= anchor && Math.min(end, length) <= to);
    const middle = EditorView.scrollIntoView(anchor, { y: 'center' });
    this.view.dispatch({
      ...(focus && { selection: { anchor } }),
      effects: seen && !focus ? [EditorView.scrollIntoView(anchor, { y: 'nearest', yMargin: 40 })] : [middle],
      annotations: fromOutside.of(true),
    });
    if (focus) this.view.focus();
  }

  destroy(): void {
    this.view.destroy();
  }

  #state(doc: string, c: boolean, readOnly: boolean): EditorState {
    return EditorState.create({
      doc,
      extensions: [
        this.#extensions,
        this.#readOnly.of(lock(readOnly)),
        ...(c ? [cpp(), autocompletion({ override: [complete], icons: false, maxRenderedOptions: 60 })] : []),
      ],
    });
  }

  #setup(): Extension {
    return [
      lineNumbers(),
      lintGutter(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSpecialChars(),
      drawSelection(),
      rectangularSelection(),
      EditorState.allowMultipleSelections.of(true),
      EditorState.tabSize.of(4),
      indentUnit.of('\t'),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightSelectionMatches(),
      search({ top: true }),
      syntaxHighlighting(highlighting),
      theme,
      mark,
      hoverTooltip((view, offset) => {
        const found = this.#events.explain(view.state.doc.toString(), offset);
        return (
          found && { pos: found.start, end: found.end, above: true, create: () => ({ dom: explanationOf(found) }) }
        );
      }),
      keymap.of([
        { key: 'Mod-z', run: () => (this.#events.undo(), true) },
        { key: 'Mod-Shift-z', run: () => (this.#events.redo(), true) },
        { key: 'Mod-y', run: () => (this.#events.redo(), true) },
        ...closeBracketsKeymap,
        ...searchKeymap,
        ...completionKeymap,
        ...defaultKeymap,
        indentWithTab,
      ]),
      EditorView.updateListener.of((update) => {
        if (update.transactions.some((transaction) => transaction.annotation(fromOutside))) return;
        const edit = update.transactions.find((transaction) => transaction.docChanged);
        if (edit) this.#events.typed(update.state.doc.toString(), this.#group(edit));
        else if (update.selectionSet && update.transactions.some((each) => each.isUserEvent('select')))
          this.#events.moved(update.state.selection.main.head);
      }),
    ];
  }

  /** Keys of one kind at one place without a pause are one step of the history. */
  #group(transaction: Transaction): string {
    const kind = transaction.isUserEvent('input.type') ? 'type' : transaction.isUserEvent('delete') ? 'delete' : '';
    const now = performance.now();
    const { from } = transaction.startState.selection.main;
    const { head } = transaction.newSelection.main;
    const goesOn =
      kind !== '' && kind === this.#last.kind && now - this.#last.at < PAUSE && from === this.#last.position;
    if (!goesOn) groups++;
    this.#last = { at: now, kind, position: head };
    return `typing ${groups}`;
  }
}

const lock = (readOnly: boolean): Extension => [EditorState.readOnly.of(readOnly), EditorView.editable.of(!readOnly)];

function explanationOf({ title, detail, lines }: Explanation): HTMLElement {
  const element = document.createElement('div');
  element.className = 'cm-explanation';
  const head = element.appendChild(document.createElement('header'));
  head.appendChild(document.createElement('b')).textContent = title;
  head.appendChild(document.createElement('span')).textContent = detail;
  for (const line of lines) element.appendChild(document.createElement('p')).textContent = line;
  return element;
}
