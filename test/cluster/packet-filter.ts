import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Why no packets can be filtered here; null when they can. */
export function filterMissing(): string | null {
  return ['/sbin/nft', '/usr/sbin/nft'].some(existsSync) ? null : '`nft` (nftables) is not installed';
}

/** What a laptop's own firewall mostly does: nobody may begin to talk to it, but for multicast DNS. */
const firewall = `table inet hearth {
  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    iif lo accept
    udp dport 5353 accept
    icmp type echo-request accept
  }
}
`;

/** What an access point with "AP isolation" does: its stations hear what is meant for all of them, and nothing of each other. */
const isolation = `table bridge hearth {
  chain forward {
    type filter hook forward priority 0; policy drop;
    meta pkttype { broadcast, multicast } accept
  }
}
`;

/** Puts up a firewall in the namespace of a laptop. */
export function putUpFirewall(namespace: string): void {
  nft(namespace, firewall);
}

/** Keeps all that hang on the bridge of a namespace apart. */
export function isolateStations(namespace: string): void {
  nft(namespace, isolation);
}

/** Takes away what either of the others put up. */
export function passAll(namespace: string): void {
  nft(namespace, 'flush ruleset\n');
}

function nft(namespace: string, rules: string): void {
  execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: rules, stdio: ['pipe', 'ignore', 'pipe'] });
}
