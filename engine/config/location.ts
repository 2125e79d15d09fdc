// A place in a C source, as editors and compilers count: lines and columns from 1, columns in UTF-16 units.

/** A half-open range of characters in one source file. */
export interface SourceSpan {
  /** Name of the file as the reader was given it, or as an #include named it. */
  file: string;
  /** Character offsets into the file's text. */
  start: number;
  end: number;
}

export interface SourceLocation extends SourceSpan {
  line: number;
  column: number;
  /** The text of the line, without its end. */
  lineText: string;
}
