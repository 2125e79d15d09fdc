// All rules in the order in which findings are shown, and the runner.
import { commRegionRules } from './comm-region.ts';
import { consoleRules } from './console.ts';
import { cpuRules } from './cpus.ts';
import { identityRules } from './identity.ts';
import { interceptionRules } from './interception.ts';
import { interruptRules } from './interrupts.ts';
import { ivshmemRules } from './ivshmem.ts';
import { memoryRules } from './memory.ts';
import { pciRules } from './pci.ts';
import { platformRules } from './platform.ts';
import { streamRules } from './streams.ts';
import { x86Rules } from './x86.ts';
import { viewOf, type CheckedScenario, type Finding, type Rule, type ScenarioView } from './rule.ts';

export const RULES: readonly Rule[] = [
  ...identityRules,
  ...cpuRules,
  ...platformRules,
  ...memoryRules,
  ...interceptionRules,
  ...commRegionRules,
  ...consoleRules,
  ...interruptRules,
  ...pciRules,
  ...ivshmemRules,
  ...streamRules,
  ...x86Rules,
];

/** Runs every rule over a scenario. The order of findings hangs on the scenario alone. */
export function checkScenario(scenario: CheckedScenario, rules: readonly Rule[] = RULES): Finding[] {
  const view = viewOf(scenario);
  return rules.flatMap((rule) =>
    rule.check(view).map((found) => ({
      rule: rule.id,
      severity: rule.severity,
      cell: nameAt(view, found.config),
      ...found,
      message: capitalised(found.message),
    })),
  );
}

/** Sentences begin with a capital; names of C members and device kinds stay as they are written. */
const capitalised = (message: string): string =>
  /^(?!ivshmem)[a-z]+['’ ]/.test(message) ? message.charAt(0).toUpperCase() + message.slice(1) : message;

const nameAt = (view: ScenarioView, config: 'system' | number): string =>
  config === 'system' ? view.root.name : view.cells[config]!.name;

export { applyFix, viewOf } from './rule.ts';
export type { CheckedScenario, ConfigRef, Finding, Fix, OwnedRange, Rule, ScenarioView, Severity } from './rule.ts';
export { boardWindows } from './platform.ts';
