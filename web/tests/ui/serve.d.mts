export interface Served {
  readonly url: string;
  close(): void;
}
export function serve(options?: {
  readonly seed?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly port?: number;
}): Promise<Served>;
export function freePort(): Promise<number>;
