// Which rows of a long list are worth drawing: fixed row height, a few rows more than the view shows.

export interface Window {
  /** Index of the first row drawn. */
  first: number;
  /** One past the last. */
  end: number;
}

export function visibleRows(
  count: number,
  rowHeight: number,
  scrollTop: number,
  viewHeight: number,
  extra = 8,
): Window {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - extra);
  const end = Math.min(count, Math.ceil((scrollTop + viewHeight) / rowHeight) + extra);
  return { first: Math.min(first, count), end: Math.max(end, Math.min(first, count)) };
}

/** The scroll position that brings a row into view with the least movement. */
export function scrollToRow(row: number, rowHeight: number, scrollTop: number, viewHeight: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + viewHeight) return top + rowHeight - viewHeight;
  return scrollTop;
}
