// What the window remembers across projects: one row.
import { settings, type Settings } from '../../engine/contract/index.ts';
import type { Sqlite } from './database.ts';

const DEFAULTS: Settings = { theme: 'system', window: {} };

export function settingsStore(db: Sqlite) {
  const select = db.prepare<[], string>('SELECT value FROM settings').pluck();
  const upsert = db.prepare<[string]>('INSERT OR REPLACE INTO settings (id, value) VALUES (1, ?)');
  return {
    /** A value that another version wrote and this one cannot read counts as none. */
    get(): Settings {
      const parsed = settings.safeParse(JSON.parse(select.get() ?? 'null'));
      return parsed.success ? parsed.data : DEFAULTS;
    },
    set: (value: Settings) => void upsert.run(JSON.stringify(value)),
  };
}
