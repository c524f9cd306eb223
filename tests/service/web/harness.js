/* Feeds files to the browser's verifier, with chains in memory that answer as tests/verifier/fake_chain.py does. */
"use strict";
const { hex, parsePolicy, Unavailable, verify } = globalThis.lotproof;
const raw = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const list = (texts) => texts.map(raw);

function block({ number, hash, time }) {
  return { number, hash: raw(hash), time };
}

function state(view) {
  return { ...view, logRoot: raw(view.logRoot), peaks: list(view.peaks) };
}

function fakeNode(told) {
  const final = block(told.finalBlock), latest = block(told.latestBlock);
  return {
    name: told.name,
    newest: async (finality) => (finality === "latest" ? latest : final),
    block: async (number) => {
      for (const each of [final, latest]) if (each.number === number) return each;
      throw new Unavailable(told.name, `no block ${number}`);
    },
    identity: async (_, contract) => ({
      chainId: told.chainId, genesis: raw(told.genesis),
      codeHash: raw(contract === told.contract ? told.codeHash : told.noCode),
    }),
    state: async (at) => state(hex(at.hash) === hex(final.hash) && at.number === final.number && at.time === final.time ? told.final : told.latest),
    sealed: async (_, __, group) => (group in told.groups ? raw(told.groups[group]) : new Uint8Array(32)),
  };
}

function fakeSource(paths) {
  return {
    upper: async (index, _, low, high) => {
      if (!(index in paths)) throw new Unavailable("source", `no path of anchor ${index}`);
      return list(paths[index].slice(low, high));
    },
  };
}

function asMaps(value) {
  if (value && typeof value === "object" && !Array.isArray(value)) {
    return new Map(Object.entries(value).map(([name, each]) => [name, asMaps(each)]));
  }
  return value;
}

/* One report for each case, or what was thrown; and how long it took. */
globalThis.judge = async (cases, given) => {
  const policy = parsePolicy(asMaps(given.policy));
  const asked = { policy, nodes: given.nodes.map(fakeNode), sources: given.sources.map(fakeSource), now: 0, lot: given.lot };
  const answers = [];
  for (const files of cases) {
    const begun = performance.now();
    let report;
    try {
      const { subject, exit, checks, facts } = await verify(files.map(raw), asked);
      report = { subject, exit, checks, facts };
    } catch (problem) {
      report = { thrown: `${problem?.name}: ${problem?.message} ${problem?.stack}`.slice(0, 800) };
    }
    answers.push({ ...report, took: performance.now() - begun });
  }
  return answers;
};
