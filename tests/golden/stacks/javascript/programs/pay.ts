// Compiled for different targets, run with and without source maps, and run as it is by Deno and Bun.
declare const process: { argv: string[] };

class PaymentError extends Error {
  override get name(): string {
    return "PaymentError";
  }
}

enum Kind {
  Card,
  Cash,
}

class PayService {
  constructor(private readonly kind: Kind) {}

  async charge(order: number): Promise<number> {
    if (this.kind === Kind.Card) throw new PaymentError(`no payment for order ${order}`);
    return await this.refund(order);
  }

  private async refund(order: number): Promise<number> {
    const found = await Promise.resolve(order);
    throw new PaymentError(`no refund for order ${found}`);
  }

  sum(orders: number[]): number[] {
    const found = orders.map((order) => {
      throw new PaymentError(`no sum for order ${order}`);
    });
    return [...found];
  }

  total<T extends number>(order: T): T {
    throw new PaymentError(`no total for order ${order as number}`);
  }
}

const CASES: Record<string, (seed: number) => unknown> = {
  ts_sync_part: (seed) => new PayService(Kind.Card).charge(seed),
  ts_callback: (seed) => new PayService(Kind.Card).sum([seed]),
  ts_method: (seed) => new PayService(Kind.Card).total(seed),
  ts_async_part: (seed) => new PayService(Kind.Cash).charge(seed),
};

async function main(seed: number): Promise<void> {
  for (const [name, work] of Object.entries(CASES)) {
    try {
      await work(seed);
    } catch (error) {
      const { name: type, message, stack } = error as Error;
      console.log(`#### ${name}\n${JSON.stringify({ type, message })}\n${stack}\n`);
    }
  }
}

main(Number(process.argv[2]));
