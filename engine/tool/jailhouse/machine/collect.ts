// Which files describe a machine, how they are gathered, and the shell script that does it on a real one.
// Source: ABI reference, F.4 (inputs, messages and exit codes of the script).
import type { TarEntry } from './tar.ts';
import type { MachineTree } from './tree.ts';

/** Paths with `*` for one name. */
export const COLLECTED: readonly string[] = [
  'proc/iomem',
  'proc/ioports',
  'proc/cpuinfo',
  'proc/cmdline',
  'sys/bus/pci/devices/*/config',
  'sys/bus/pci/devices/*/resource',
  'sys/devices/system/cpu/cpu*/uevent',
  'sys/firmware/acpi/tables/APIC',
  'sys/firmware/acpi/tables/MCFG',
  'sys/firmware/acpi/tables/DMAR',
  'sys/firmware/acpi/tables/IVRS',
  'sys/class/dmi/id/product_name',
  'sys/class/dmi/id/sys_vendor',
  'sys/class/tty/*/iomem_base',
  'sys/class/tty/*/iomem_reg_shift',
  'sys/class/tty/*/io_type',
  'sys/class/tty/*/port',
  'sys/devices/jailhouse/enabled',
];

/** What of these files a machine has, in a fixed order. */
export function collect(tree: MachineTree): TarEntry[] {
  return COLLECTED.flatMap((pattern) => expand(tree, pattern)).flatMap((path) => {
    const bytes = tree.read(path);
    return bytes ? [{ path, bytes }] : [];
  });
}

function expand(tree: MachineTree, pattern: string): string[] {
  return pattern.split('/').reduce<string[]>(
    (folders, part) =>
      folders.flatMap((folder) => {
        const below = (name: string): string => (folder === '' ? name : `${folder}/${name}`);
        if (!part.includes('*')) return [below(part)];
        const [before = '', after = ''] = part.split('*');
        return tree
          .list(folder)
          .filter((name) => name.startsWith(before) && name.endsWith(after))
          .map(below);
      }),
    [''],
  );
}

/** For `config create -g`: to be run on the machine itself. */
export const COLLECTOR_SCRIPT = `#!/bin/sh
# Gathers what "jailhouse config create" reads of a machine into one tar archive.

if [ $# -ne 1 ] || [ "$1" = "--help" ]; then
	echo "Usage: $0 FILE.TAR"
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "Please run as root"
	exit 1
fi

gathered=$(mktemp -d) || exit 1
trap 'rm -rf "$gathered"' EXIT

for file in \\
${COLLECTED.map((path) => `	/${path}`).join(' \\\n')}
do
	[ -r "$file" ] || continue
	mkdir -p "$gathered$(dirname "$file")"
	# Files of /proc and /sys say nothing of their size: read them, do not copy them.
	cat "$file" > "$gathered$file"
done

tar -C "$gathered" -cf "$1" .
`;
