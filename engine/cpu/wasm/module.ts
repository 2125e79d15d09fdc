// Builds one WebAssembly module in the binary format (WebAssembly Core 2.0, chapter 5.5): types, imports, functions, one
// function table, exports, and the code. Small on purpose: only what the processor's code generators need.
import { ByteSink } from './bytes.ts';
import type { ValueType } from './expression.ts';
import { FunctionBuilder } from './function.ts';

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A function of the module, imported or declared: usable in calls before its body exists. */
export interface FunctionReference extends Signature {
  readonly index: number;
  readonly typeIndex: number;
  readonly name: string;
}

const SECTION = { TYPE: 1, IMPORT: 2, FUNCTION: 3, TABLE: 4, EXPORT: 7, ELEMENT: 9, CODE: 10, CUSTOM: 0 } as const;
const FUNCREF = 0x70;
/** Limits of a memory (threads proposal, "Binary Format: Limits"). */
const SHARED_WITH_MAXIMUM = 0x03;
/** As many as 32-bit addresses reach. */
const MOST_WASM_PAGES = 0x1_0000;

export class ModuleBuilder {
  private readonly types = new Map<string, number>();
  /** The same by identity, for signatures that are asked for often. */
  private readonly known = new Map<Signature, number>();
  private readonly signatures: Signature[] = [];
  private readonly functionImports: { module: string; name: string; reference: FunctionReference }[] = [];
  private readonly declared: FunctionReference[] = [];
  private readonly bodies = new Map<number, FunctionBuilder>();
  private readonly exports: { name: string; reference: FunctionReference }[] = [];
  private memory: { module: string; name: string; pages: number } | undefined;
  private table: { module: string; name: string; size: number } | undefined;
  private readonly elements: { offset: number; references: readonly FunctionReference[] }[] = [];

  /** Index of a function type, for declarations and call_indirect. */
  typeIndex(signature: Signature): number {
    const seen = this.known.get(signature);
    if (seen !== undefined) return seen;
    const key = `${signature.params.join()}:${signature.results.join()}`;
    let index = this.types.get(key);
    if (index === undefined) {
      index = this.signatures.length;
      this.types.set(key, index);
      this.signatures.push(signature);
    }
    this.known.set(signature, index);
    return index;
  }

  /** A shared memory of `pages` or more, as createEngineMemory (core/memory.ts) makes them. */
  importMemory(module: string, name: string, pages: number): void {
    this.memory = { module, name, pages };
  }

  importTable(module: string, name: string, size: number): void {
    this.table = { module, name, size };
  }

  importFunction(
    module: string,
    name: string,
    params: readonly ValueType[] = [],
    results: readonly ValueType[] = [],
  ): FunctionReference {
    if (this.declared.length > 0) throw new Error(`import ${name} must come before the first declared function`);
    const index = this.functionImports.length;
    const reference = { index, typeIndex: this.typeIndex({ params, results }), name, params, results };
    this.functionImports.push({ module, name, reference });
    return reference;
  }

  declare(name: string, params: readonly ValueType[] = [], results: readonly ValueType[] = []): FunctionReference {
    const index = this.functionImports.length + this.declared.length;
    const reference = { index, typeIndex: this.typeIndex({ params, results }), name, params, results };
    this.declared.push(reference);
    return reference;
  }

  /** Gives a declared function its body. */
  define(reference: FunctionReference, write: (body: FunctionBuilder) => void): void {
    const body = new FunctionBuilder(this, reference);
    write(body);
    this.bodies.set(reference.index, body);
  }

  /** Writes a body first and declares its function then: calls in it may still import. */
  add(name: string, signature: Signature, write: (body: FunctionBuilder) => void): FunctionReference {
    return this.addAll(signature, [{ name, write }])[0]!;
  }

  /** The same for several functions: all bodies are written first. */
  addAll(
    signature: Signature,
    functions: readonly { readonly name: string; readonly write: (body: FunctionBuilder) => void }[],
  ): FunctionReference[] {
    const bodies = functions.map(({ name, write }) => {
      const body = new FunctionBuilder(this, { ...signature, name, index: -1, typeIndex: -1 });
      write(body);
      return body;
    });
    return functions.map(({ name }, i) => {
      const reference = this.declare(name, signature.params, signature.results);
      this.bodies.set(reference.index, bodies[i]!);
      return reference;
    });
  }

  export(name: string, reference: FunctionReference): void {
    this.exports.push({ name, reference });
  }

  /** Fills the table from `offset` when the module is instantiated. */
  fillTable(offset: number, references: readonly FunctionReference[]): void {
    this.elements.push({ offset, references });
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new ByteSink();
    out.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

    const section = (id: number, write: (sink: ByteSink) => void): void => {
      const sink = new ByteSink();
      write(sink);
      out.u8(id);
      out.vector(sink);
    };

    section(SECTION.TYPE, (sink) => {
      sink.u32(this.signatures.length);
      for (const { params, results } of this.signatures) {
        sink.u8(0x60);
        sink.u32(params.length);
        sink.append(params);
        sink.u32(results.length);
        sink.append(results);
      }
    });
    section(SECTION.IMPORT, (sink) => {
      sink.u32(this.functionImports.length + (this.memory ? 1 : 0) + (this.table ? 1 : 0));
      for (const { module, name, reference } of this.functionImports) {
        sink.name(module);
        sink.name(name);
        sink.u8(0x00);
        sink.u32(reference.typeIndex);
      }
      if (this.table) {
        sink.name(this.table.module);
        sink.name(this.table.name);
        sink.append([0x01, FUNCREF, 0x00]);
        sink.u32(this.table.size);
      }
      if (this.memory) {
        sink.name(this.memory.module);
        sink.name(this.memory.name);
        sink.append([0x02, SHARED_WITH_MAXIMUM]);
        sink.u32(this.memory.pages);
        sink.u32(MOST_WASM_PAGES);
      }
    });
    section(SECTION.FUNCTION, (sink) => {
      sink.u32(this.declared.length);
      for (const { typeIndex } of this.declared) sink.u32(typeIndex);
    });
    section(SECTION.EXPORT, (sink) => {
      sink.u32(this.exports.length);
      for (const { name, reference } of this.exports) {
        sink.name(name);
        sink.u8(0x00);
        sink.u32(reference.index);
      }
    });
    if (this.elements.length > 0)
      section(SECTION.ELEMENT, (sink) => {
        sink.u32(this.elements.length);
        for (const { offset, references } of this.elements) {
          sink.u8(0x00);
          sink.u8(0x41);
          sink.s32(offset);
          sink.u8(0x0b);
          sink.u32(references.length);
          for (const { index } of references) sink.u32(index);
        }
      });
    const hints = this.branchHints();
    if (hints) out.append(hints.bytes, hints.length);
    section(SECTION.CODE, (sink) => {
      sink.u32(this.declared.length);
      for (const reference of this.declared) {
        const body = this.bodies.get(reference.index);
        if (!body) throw new Error(`function ${reference.name} was declared but not defined`);
        body.writeTo(sink);
      }
    });
    section(SECTION.CUSTOM, (sink) => this.writeNames(sink));
    return out.finish();
  }

  /** The `metadata.code.branch_hint` section (Branch Hinting proposal), or nothing if no branch carries a hint. */
  private branchHints(): ByteSink | undefined {
    const hinted = this.declared.filter(({ index }) => this.bodies.get(index)!.hints.length > 0);
    if (hinted.length === 0) return undefined;
    const content = new ByteSink();
    content.name('metadata.code.branch_hint');
    content.u32(hinted.length);
    for (const { index } of hinted) {
      const body = this.bodies.get(index)!;
      content.u32(index);
      content.u32(body.hints.length);
      const start = body.localsLength();
      for (const { offset, likely } of body.hints) {
        content.u32(start + offset);
        content.u32(1);
        content.u8(likely ? 1 : 0);
      }
    }
    const out = new ByteSink();
    out.u8(SECTION.CUSTOM);
    out.vector(content);
    return out;
  }

  /** Function names, so that profilers show them (WebAssembly Core 2.0, appendix "Custom Sections"). */
  private writeNames(sink: ByteSink): void {
    sink.name('name');
    const names = new ByteSink();
    names.u32(this.functionImports.length + this.declared.length);
    for (const { name, index } of [...this.functionImports.map((entry) => entry.reference), ...this.declared]) {
      names.u32(index);
      names.name(name);
    }
    sink.u8(0x01);
    sink.vector(names);
  }
}
