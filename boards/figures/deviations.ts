// Where our configurations have other figures than the reference's on purpose, and why.

/** `BOARD` or `BOARD/FILE`, the field, and why ours differs. */
export interface Deviation {
  where: string;
  field: string;
  why: string;
}

const NO_OVERLAP = 'the shared memory lay inside the RAM region, so that one address was mapped twice';
const PEERS = 'peer 1 of 1: the id must be below the number of peers, and all ends of a link must agree on it';
const SLASH = 'a slash in the name is no file name in sysfs';
const LINK_INTERRUPT = 'the bit of its second device was missing, whose interrupts never arrived';
const ROOT_INTERRUPT = 'its interrupt was the second one of the root cell';

export const DEVIATIONS: readonly Deviation[] = [
  { where: 'emtrion-rzg1e', field: 'root', why: SLASH },
  { where: 'emtrion-rzg1h', field: 'root', why: SLASH },
  { where: 'emtrion-rzg1m', field: 'root', why: SLASH },
  { where: 'imx8mn', field: 'root', why: 'it was named after another board' },
  { where: 'jetson-tk1', field: 'ram', why: NO_OVERLAP },
  { where: 'jetson-tx1', field: 'ram', why: NO_OVERLAP },
  { where: 'jetson-tx2', field: 'ram', why: 'the regions named are device windows; ours are not executable' },
  { where: 'ls1046a-rdb', field: 'ram', why: 'the last MiB lay inside the first region' },
  { where: 'f2a88xm-hd3', field: 'ram', why: 'the last 16 MiB were those of the hypervisor' },
  { where: 'imb-a180', field: 'ram', why: 'the last 16 MiB were those of the hypervisor' },
  {
    where: 'emtrion-rzg1h/linux-demo',
    field: 'irqchips',
    why: 'SCIFA0 is SPI 144, interrupt id 176: it was off by 32',
  },
  { where: 'imx8mn/inmate-demo', field: 'vpciIrqBase', why: ROOT_INTERRUPT },
  { where: 'imx8mn/inmate-demo', field: 'irqchips', why: ROOT_INTERRUPT },
  { where: 'imx8mq/linux-demo', field: 'irqchips', why: LINK_INTERRUPT },
  { where: 'k3-j7200-evm/linux-demo', field: 'irqchips', why: LINK_INTERRUPT },
  { where: 'imx8mm/inmate-demo', field: 'pci', why: PEERS },
  { where: 'imx8mn/inmate-demo', field: 'pci', why: PEERS },
  { where: 'imx8mp/inmate-demo', field: 'pci', why: PEERS },
  { where: 'imx8mq/inmate-demo', field: 'pci', why: PEERS },
  { where: 'imx8qm/inmate-demo', field: 'pci', why: PEERS },
  { where: 'ls1028a-rdb/inmate-demo', field: 'pci', why: PEERS },
  { where: 'ls1043a-rdb/inmate-demo', field: 'pci', why: PEERS },
  { where: 'ls1046a-rdb/inmate-demo', field: 'pci', why: PEERS },
  { where: 'ls1088a-rdb/inmate-demo', field: 'pci', why: PEERS },
  { where: 'ls2088a-rdb/inmate-demo', field: 'pci', why: PEERS },
  {
    where: 'ls2088a-rdb/linux-demo',
    field: 'pci',
    why: 'both cells were peer 1, so that only one of them could be created',
  },
  { where: 'qemu-arm64/linux-demo', field: 'name', why: 'the cells of this board are named after what they show' },
];
