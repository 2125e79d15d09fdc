// The import floors of ARCHITECTURE.md, as data: a room imports only from the floors below it.
const floors = [
  ['util', 'contract'],
  ['config', 'board'],
  ['cpu'],
  ['machine'],
  ['hypervisor'],
  ['driver', 'record'],
  ['tool', 'debug'],
  ['cli', 'service', 'bench'],
  ['entry'],
];

/** Rooms of one floor that lean on a neighbour, each for the reason given. */
const neighbours = [
  ['contract', 'util', 'messages carry units'],
  ['config', 'board', 'rules look at the board under the scenario'],
  ['cli', 'service', 'the command line drives the same run control as the window'],
  ['bench', 'service', 'benches run whole boots'],
];

const room = (name) => `^engine/${name}/`;

// Nothing is above the last floor.
const floorRules = floors.slice(0, -1).flatMap((rooms, level) =>
  rooms.map((name) => {
    const above = floors.slice(level + 1).flat();
    const beside = rooms.filter(
      (other) => other !== name && !neighbours.some(([from, to]) => from === name && to === other),
    );
    return {
      name: `floor-${level}-${name}`,
      severity: 'error',
      comment: `engine/${name} may import only from the floors below it`,
      from: { path: room(name), pathNot: '\\.test\\.ts$' },
      to: { path: [...above, ...beside].map(room) },
    };
  }),
);

export default {
  forbidden: [
    ...floorRules,
    {
      name: 'engine-knows-no-shell',
      severity: 'error',
      from: { path: '^engine/' },
      to: { path: '^(main|preload|renderer|e2e)/|node_modules/electron/' },
    },
    {
      name: 'renderer-reads-pure-rooms',
      severity: 'error',
      from: { path: '^renderer/' },
      to: { path: '^(main|preload|e2e)/|^engine/(?!contract/|config/|board/|util/)' },
    },
    {
      name: 'preload-reads-contract',
      severity: 'error',
      from: { path: '^preload/' },
      to: { path: '^(main|renderer|e2e)/|^engine/(?!contract/)' },
    },
    {
      name: 'main-reads-pure-rooms-and-record',
      severity: 'error',
      from: { path: '^main/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(renderer|preload|e2e)/|^engine/(?!contract/|config/|board/|record/|util/)' },
    },
    {
      name: 'pure-rooms-run-anywhere',
      severity: 'error',
      comment: 'the window imports these: no Node module in them',
      from: { path: '^engine/(contract|config|board|util)/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js', '.svelte'] },
  },
};
