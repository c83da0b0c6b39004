import type { ControllerProcess } from '../support/controller-process.ts';

interface Sample {
  readonly at: number;
  readonly heapMb: number;
  readonly rssMb: number;
}

/** What a process was seen to use. */
export interface MemoryReport {
  readonly name: string;
  readonly samples: number;
  /** How long the process lived, in seconds. */
  readonly seconds: number;
  readonly peakRssMb: number;
  /** The least heap in use in the first and in the last third of its life: what it cannot let go. */
  readonly heapMb: readonly [first: number, last: number];
}

/** Looks at the memory of processes now and then, and forgets the lives that ended. */
export class MemoryWatch {
  readonly #samples = new Map<string, { pid: number; samples: Sample[] }>();

  /** One look. A process that does not answer is left out. */
  async look(name: string, controller: ControllerProcess): Promise<void> {
    const text = await controller.metrics().catch(() => '');
    const value = (metric: string): number => Number(new RegExp(`^${metric} (\\S+)$`, 'm').exec(text)?.[1] ?? 'NaN');
    const heapMb = value('nodejs_heap_size_used_bytes') / 1e6;
    const rssMb = value('process_resident_memory_bytes') / 1e6;
    if (Number.isNaN(heapMb + rssMb)) return;
    const known = this.#samples.get(name);
    const life = known?.pid === controller.pid ? known : { pid: controller.pid, samples: [] };
    life.samples.push({ at: Date.now(), heapMb, rssMb });
    this.#samples.set(name, life);
  }

  reports(): readonly MemoryReport[] {
    return [...this.#samples].flatMap(([name, { samples }]) => {
      const [first] = samples;
      const last = samples.at(-1);
      if (first === undefined || last === undefined) return [];
      const third = Math.ceil(samples.length / 3);
      return {
        name,
        samples: samples.length,
        seconds: (last.at - first.at) / 1000,
        peakRssMb: Math.max(...samples.map(({ rssMb }) => rssMb)),
        heapMb: [least(samples.slice(0, third)), least(samples.slice(-third))],
      };
    });
  }
}

function least(samples: readonly Sample[]): number {
  return Math.min(...samples.map(({ heapMb }) => heapMb));
}
