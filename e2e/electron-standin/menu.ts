// Menu: kept and found by id, so that its items can be clicked by a test; it is never drawn.
import { guarded } from './refuse.ts';

interface Item {
  id: string;
  label: string;
  click: () => void;
  submenu: Built | undefined;
}
interface Built {
  items: Item[];
  getMenuItemById(id: string): Item | null;
}

/** The options that this application uses; others are refused. */
const OPTIONS = new Set(['id', 'label', 'accelerator', 'registerAccelerator', 'click', 'submenu', 'type', 'role']);
let current: Built | null = null;

function build(template: readonly Electron.MenuItemConstructorOptions[]): Built {
  const items = template.map((options): Item => {
    for (const name of Object.keys(options))
      if (!OPTIONS.has(name)) throw new Error(`The Electron stand-in does not implement a menu item's ${name}.`);
    const { id = '', label = options.role ?? '', click, submenu } = options;
    return {
      id,
      label,
      click: () => click?.(undefined as never, undefined, undefined as never),
      submenu: submenu === undefined ? undefined : build(submenu as Electron.MenuItemConstructorOptions[]),
    };
  });
  return guarded('Menu', {
    items,
    getMenuItemById: (id: string): Item | null =>
      items
        .map((item) => (item.id === id ? item : (item.submenu?.getMenuItemById(id) ?? null)))
        .find((found) => found !== null) ?? null,
  });
}

export const Menu = guarded('Menu', {
  buildFromTemplate: (template: Parameters<typeof Electron.Menu.buildFromTemplate>[0]) =>
    build(template as Electron.MenuItemConstructorOptions[]) as unknown as Electron.Menu,
  setApplicationMenu: (menu: Electron.Menu | null) => {
    current = menu as unknown as Built | null;
  },
  getApplicationMenu: () => current as unknown as Electron.Menu | null,
} satisfies Partial<typeof Electron.Menu>);
