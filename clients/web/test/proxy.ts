/** A TCP proxy that cuts connections where a test wants it. */
import { type AddressInfo, type Socket, connect, createServer } from "node:net";

export class Proxy {
  readonly sockets = new Set<Socket>();
  connectionCount = 0;
  /** Bytes from the server after which a connection is cut; each is used once. */
  cuts: number[] = [];
  refusing = false;
  private readonly server = createServer((client) => this.accept(client));

  constructor(private readonly target: URL) {}

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.cutAll();
  }

  cutAll(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }

  private accept(client: Socket): void {
    if (this.refusing) {
      client.destroy();
      return;
    }
    this.connectionCount += 1;
    const upstream = connect(Number(this.target.port), this.target.hostname);
    const end = () => {
      client.destroy();
      upstream.destroy();
      this.sockets.delete(client);
    };
    this.sockets.add(client);
    client.on("error", end).on("close", end).pipe(upstream);
    upstream.on("error", end).on("close", end);
    const limit = this.cuts.shift();
    let passed = 0;
    upstream.on("data", (data: Buffer) => {
      client.write(limit === undefined ? data : data.subarray(0, Math.max(0, limit - passed)));
      passed += data.length;
      if (limit !== undefined && passed >= limit) {
        client.end(end);
      }
    });
  }
}
