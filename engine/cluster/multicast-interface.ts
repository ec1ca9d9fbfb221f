import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { Bonjour, type Browser, type Service } from 'bonjour-service';
import { readAnnouncement, serviceType, textOf, type Announcement, type HeardAnnouncement } from './announcement.js';
import type { OwnAddress } from './interface-addresses.js';

export interface MulticastListener {
  onHeard(heard: HeardAnnouncement): void;
  onGoodbye(instance: string): void;
}

/** A browser that was asked lately still hears goodbyes while the next one gathers its answers. */
const overlapMs = 1_000;

/**
 * Announcing and listening on one interface. The socket is bound to 0.0.0.0: bound to the interface's own address it would
 * hear no multicast on Linux. Each has an instance name of its own, so that a new address is a new announcement.
 */
export class MulticastInterface {
  readonly instance: string;
  readonly #bonjour: Bonjour;
  #browser: Browser | null = null;
  #lastBrowser: Browser | null = null;
  #overlap: NodeJS.Timeout | undefined;
  #heardItself = false;
  #failure: string | null = null;

  constructor(
    readonly address: OwnAddress, announcement: Announcement, port: number, private readonly listener: MulticastListener,
  ) {
    this.instance = `${announcement.deviceId.slice(0, 9)}-${randomBytes(6).toString('hex')}`;
    const options = { interface: address.address, bind: '0.0.0.0' };
    this.#bonjour = new Bonjour(options as object, (error: Error) => this.#failed(error));
    // Without a listener of its own, a port that cannot be had would end the process.
    const { mdns } = (this.#bonjour as unknown as { server: { mdns: EventEmitter } }).server;
    mdns.on('error', (error: Error) => this.#failed(error));
    mdns.on('warning', (error: Error) => this.#failed(error));
    this.#bonjour.publish({
      name: this.instance,
      type: serviceType,
      protocol: 'tcp',
      port,
      // Two laptops may have one host name, and it is nobody's business.
      host: `hearth-${this.instance.toLowerCase()}.local`,
      txt: textOf(announcement),
      // The name is random, so nobody else has it.
      probe: false,
    });
    this.ask();
  }

  /** Whether what is sent here comes back: where it does not, multicast is blocked on this very laptop. */
  get heardItself(): boolean {
    return this.#heardItself;
  }

  get failure(): string | null {
    return this.#failure;
  }

  /** Asks everybody who they are; whoever answers is heard again, with the addresses it has now. */
  ask(): void {
    this.#lastBrowser?.stop();
    clearTimeout(this.#overlap);
    const last = this.#browser;
    this.#lastBrowser = last;
    this.#overlap = setTimeout(() => last?.stop(), overlapMs).unref();
    const browser = this.#bonjour.find({ type: serviceType, protocol: 'tcp' });
    const hear = (service: Service): void => {
      if (service.name === this.instance) this.#heardItself = true;
      const heard = readAnnouncement(service);
      if (heard !== null) this.listener.onHeard(heard);
    };
    browser.on('up', hear);
    browser.on('txt-update', hear);
    browser.on('srv-update', hear);
    browser.on('down', (service) => this.listener.onGoodbye(service.name));
    this.#browser = browser;
  }

  /** Says goodbye, if the interface still lets it, and closes. */
  async close(): Promise<void> {
    clearTimeout(this.#overlap);
    this.#browser?.stop();
    this.#lastBrowser?.stop();
    await new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, 500);
      this.#bonjour.unpublishAll(() => {
        clearTimeout(patience);
        resolve();
      });
    });
    await new Promise<void>((resolve) => this.#bonjour.destroy(() => resolve()));
  }

  #failed(error: Error): void {
    this.#failure = error.message;
  }
}
