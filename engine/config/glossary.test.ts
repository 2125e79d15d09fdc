import { describe, expect, it } from 'vitest';
import { ARRAY_GLOSSARY, MACRO_GLOSSARY, meaningOf, STRUCT_GLOSSARY } from './glossary.ts';

describe('the glossary', () => {
  it('says what every macro means', () => {
    const silent = [...MACRO_GLOSSARY.values()].filter(({ meaning }) => meaning === '').map(({ name }) => name);
    expect(silent).toEqual([]);
    expect(MACRO_GLOSSARY.get('JAILHOUSE_MEM_LOADABLE')).toMatchObject({ parameters: '', replacement: '0x40' });
    expect(MACRO_GLOSSARY.get('JAILHOUSE_SHMEM_NET_REGIONS')?.parameters).toBe('(start, dev_id)');
    expect(MACRO_GLOSSARY.get('PCI_EXT_CAP_ID_SRIOV')?.meaning).toBe(
      'Extended capability: single-root I/O virtualization.',
    );
  });

  it('says what every member and every array means', () => {
    const silent = [...STRUCT_GLOSSARY].flatMap(([tag, members]) =>
      members.filter(({ meaning }) => meaning === '').map(({ c }) => `${tag}.${c}`),
    );
    expect([...silent, ...ARRAY_GLOSSARY.filter(({ meaning }) => meaning === '').map(({ c }) => c)]).toEqual([]);
    expect(meaningOf('jailhouse_memory', 'virtStart')).toContain('guest-physical');
    expect(meaningOf('jailhouse_memory', 'nothing')).toBeUndefined();
  });
});
