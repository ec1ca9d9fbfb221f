import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Message, sessionBus, Variant, type MessageBus } from 'dbus-next';

export interface TrayItem {
  id: number;
  label: string;
  enabled: boolean;
  checked: boolean;
  children: TrayItem[];
}

/** What `GetLayout` of com.canonical.dbusmenu gives for an item: (ia{sv}av). */
type Layout = [number, Record<string, Variant>, Variant[]];

const watcherName = 'org.kde.StatusNotifierWatcher';

/** A session bus of its own with a tray on it, as a desktop has one: the app's icon registers here. */
export class TrayHost {
  readonly #items: string[] = [];

  private constructor(
    readonly address: string,
    private readonly daemon: ChildProcess,
    private readonly bus: MessageBus,
  ) {}

  static async start(): Promise<TrayHost> {
    const daemon = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [address] = (await once(createInterface(daemon.stdout), 'line')) as [string];
    const host = new TrayHost(address, daemon, sessionBus({ busAddress: address }));
    await once(host.bus, 'connect');
    host.bus.addMethodHandler((message: Message) => host.#answer(message));
    await host.bus.requestName(watcherName, 0);
    return host;
  }

  /** Bus names of the icons that registered. */
  get items(): readonly string[] {
    return this.#items;
  }

  async toolTip(): Promise<string> {
    const [{ value }] = (await this.#call('/StatusNotifierItem', 'org.freedesktop.DBus.Properties', 'Get', 'ss', [
      'org.kde.StatusNotifierItem', 'ToolTip',
    ])) as [Variant];
    const [, , title, text] = value as [string, unknown, string, string];
    return title === '' ? text : title;
  }

  /** Width and height of the icon's pictures, and whether any has a pixel that shows. */
  async icon(): Promise<{ sizes: [number, number][]; visible: boolean }> {
    const [{ value }] = (await this.#call('/StatusNotifierItem', 'org.freedesktop.DBus.Properties', 'Get', 'ss', [
      'org.kde.StatusNotifierItem', 'IconPixmap',
    ])) as [Variant];
    const pictures = value as [number, number, Buffer][];
    return {
      sizes: pictures.map(([width, height]) => [width, height]),
      visible: pictures.some(([, , argb]) => argb.some((byte, at) => at % 4 === 0 && byte > 0)),
    };
  }

  async menu(): Promise<TrayItem[]> {
    const body = await this.#call('/com/canonical/dbusmenu', 'com.canonical.dbusmenu', 'GetLayout', 'iias', [0, -1, []]);
    return readItem(body[1] as Layout).children;
  }

  /** Clicks the item with this label, wherever in the menu it is. */
  async click(label: string): Promise<void> {
    const all = (items: readonly TrayItem[]): TrayItem[] => items.flatMap((item) => [item, ...all(item.children)]);
    const item = all(await this.menu()).find((candidate) => candidate.label === label);
    if (item === undefined) throw new Error(`the tray's menu has no "${label}"`);
    await this.#call('/com/canonical/dbusmenu', 'com.canonical.dbusmenu', 'Event', 'isvu', [item.id, 'clicked', new Variant('s', ''), 0]);
  }

  async activate(): Promise<void> {
    await this.#call('/StatusNotifierItem', 'org.kde.StatusNotifierItem', 'Activate', 'ii', [0, 0]);
  }

  stop(): void {
    this.bus.disconnect();
    this.daemon.kill();
  }

  async #call(path: string, interfaceName: string, member: string, signature: string, body: unknown[]): Promise<unknown[]> {
    const destination = this.#items.at(-1);
    if (destination === undefined) throw new Error('no icon has registered');
    const reply = await this.bus.call(new Message({ destination, path, interface: interfaceName, member, signature, body }));
    return (reply?.body ?? []) as unknown[];
  }

  #answer(message: Message): boolean {
    if (message.path !== '/StatusNotifierWatcher') return false;
    if (message.member === 'RegisterStatusNotifierItem') {
      this.#items.push(String(message.body[0]));
      this.bus.send(Message.newMethodReturn(message, '', []));
    } else if (message.member === 'Get') {
      this.bus.send(Message.newMethodReturn(message, 'v', [new Variant('b', true)]));
    } else {
      return false;
    }
    return true;
  }
}

function readItem([id, properties, children]: Layout): TrayItem {
  return {
    id,
    // An underscore marks the letter that a keyboard can press.
    label: String(properties['label']?.value ?? '').replaceAll('_', ''),
    enabled: properties['enabled']?.value !== false,
    checked: properties['toggle-state']?.value === 1,
    children: children.map((child) => readItem(child.value as Layout)),
  };
}
