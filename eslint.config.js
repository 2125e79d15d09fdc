// Code rules. Who may import whom is in .dependency-cruiser.mjs; layout is Prettier's.
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['out/', 'node_modules/', '.cache/', 'test-results/', 'playwright-report/'] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    // Determinism: nothing below the service may ask the host for time or chance.
    files: ['engine/{util,contract,config,board,cpu,machine,hypervisor,driver,tool,debug}/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'The engine is deterministic: take a seed.' },
        { object: 'Date', property: 'now', message: 'The engine is deterministic: take guest time.' },
        { object: 'performance', property: 'now', message: 'The engine is deterministic: take guest time.' },
      ],
    },
  },
  { files: ['engine/cli/**', 'engine/bench/**', 'main/**', 'e2e/**', 'boards/**'], rules: { 'no-console': 'off' } },
);
