/** One verification as the page asks for it: texts and bytes in, plain values out. Runs in a worker, or where there is none. */
import { Deadline } from "./fetching.js";
import { parsePolicy } from "./policy.js";
import { RpcNode } from "./rpc.js";
import { summary } from "./summary.js";
import { TileSource } from "./tiles.js";
import { parseToml } from "./toml.js";
import { verify } from "./verify.js";

/** `nodes` are asked instead of the policy's own; `network` false asks nobody; `known` is what this browser saw before, and
 * `here` the service that the page comes from, if any.
 * @typedef {{files: Uint8Array[], policy: string, nodes: string[] | null, network: boolean, lot: string | null,
 *   known: import("./visit.js").Seen[], here: string | null}} Asked */
/** @typedef {{report: import("./report.js").Report, summary: import("./summary.js").Summary | null, nodes: string[],
 *   visit: import("./visit.js").Visit | null}} Judged */

/** Throws PolicyError; everything else ends as an answer.
 * @param {Asked} asked @param {(answer: import("./report.js").Answer) => void} tell @returns {Promise<Judged>} */
export async function run(asked, tell) {
  const policy = parsePolicy(parseToml(asked.policy)), deadline = new Deadline();
  const urls = asked.network ? asked.nodes ?? policy.rpc : [];
  const nodes = urls.map((url) => new RpcNode(url, deadline));
  const sources = asked.network ? policy.sources.map((url) => new TileSource(url, deadline)) : [];
  const logs = asked.network ? logsOf(policy.sources, asked.here).map((url) => new TileSource(url, deadline)) : [];
  const now = Math.floor(Date.now() / 1000);
  const given = { policy, nodes, sources, now, lot: asked.lot, known: asked.known, logs };
  const { seen, ...report } = await verify(asked.files, given, tell);
  return { report, summary: seen && summary(seen), nodes: nodes.map((node) => node.name), visit: seen && seen.visit };
}

/** Where the log's tiles are: at the page's own service, and beside the anchors of the policy's sources.
 * @param {string[]} sources @param {string | null} here @returns {string[]} */
function logsOf(sources, here) {
  const beside = sources.filter((url) => /\/anchors\/?$/.test(url)).map((url) => url.replace(/\/anchors\/?$/, "/tile"));
  return [...new Set([...(here ? [`${here}/tile`] : []), ...beside])];
}
