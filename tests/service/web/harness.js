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
  const asked = { policy, nodes: given.nodes.map(fakeNode), sources: given.sources.map(fakeSource), now: given.now, lot: given.lot };
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

/* The vectors of single parts: null where accepted, else the number of the check that refuses. */
const L = globalThis.lotproof;
const unhexed = (texts) => texts.map(L.unhex);
const same = (a, b) => {
  if (L.hex(a) !== b) throw new L.Refuted("hash", b, a);
};

const PARTS = {
  uris({ uri, type, origin, subject }) {
    L.checkUri(type, uri);
    same(L.subject(type, origin, uri), subject);
  },
  entries({ hex: text, kind, leaf_hash, previous, recorded_at, sequence, statement_hash, subject }) {
    const entry = L.parseEntry(L.unhex(text));
    if (entry.kind !== kind || entry.sequence !== sequence || entry.recordedAt !== recorded_at) throw new L.Refuted("entry");
    [[entry.subject, subject], [entry.previous, previous], [entry.statementHash, statement_hash]].forEach((pair) => same(...pair));
    same(L.leafHash(L.unhex(text)), leaf_hash);
  },
  inclusion({ index, leaf, path, root, size }) {
    L.verifyInclusion(index, size, L.unhex(leaf), unhexed(path), L.unhex(root));
  },
  map({ count, key, last_index, last_leaf, neighbour, root, siblings, type }) {
    const other = neighbour ? { key: L.unhex(neighbour.key), value: L.unhex(neighbour.value) } : null;
    const value = type === "member" ? L.mapValue(count, last_index, L.unhex(last_leaf)) : null;
    same(value ? L.rootFromMembership(L.unhex(key), value, unhexed(siblings))
      : L.rootFromAbsence(L.unhex(key), unhexed(siblings), other), root);
  },
  accumulator({ count, index, leaf, path, peaks }) {
    const { height, number } = L.peakPlace(index, count);
    if (path.length !== height) throw new L.Refuted("path");
    same(L.rootOfComplete(index, L.unhex(leaf), unhexed(path)), peaks[number]);
  },
};

globalThis.refused = (part, cases) => cases.map((each) => refusedBy(() => PARTS[part](each)));

function refusedBy(look) {
  try {
    look();
    return false;
  } catch (problem) {
    if (problem instanceof L.Refuted) return true;
    throw problem;
  }
}

globalThis.statements = (cases) => Promise.all(cases.map(async (given) => {
  let check = 1;
  try {
    const parts = L.split(given.sdjwt);
    check = 3;
    const said = L.read(parts.jwt, given.kind, given.origin);
    await L.verifySignature(raw(given.keys[said.key]), said.signature, said.signed);
    if (given.kind === 2) {
      L.keySet(said, parts);
      return null;
    }
    check = 4;
    const shown = L.disclose(said, parts.disclosures, given.lot);
    if (given.hidden !== undefined && shown.hidden.size !== given.hidden) return "hidden";
    return given.statement_hash === undefined || L.hex(said.hash) === given.statement_hash ? null : "hash";
  } catch (problem) {
    if (problem instanceof L.Refuted) return check;
    throw problem;
  }
}));

globalThis.notes = (cases, base) => Promise.all(cases.map(async (given) => {
  let check = 1;
  try {
    const note = L.parseNote(given.note);
    const checkpoint = L.parseCheckpoint(note.body);
    check = 6;
    const witnesses = [[given.witness_name, given.witness_key]];
    const own = { origin: given.origin, log_keys: [[given.origin, given.log_key]], witnesses, quorum: given.quorum };
    await L.checkSigners(note, checkpoint, parsePolicy(asMaps({ ...base, ...own })));
    return null;
  } catch (problem) {
    if (problem instanceof L.Refuted) return check;
    throw problem;
  }
}));

/* A log's tiles in memory: complete subtrees over these leaf hashes. */
function hashesOf(leaves) {
  return { node: async (level, number) => {
    let nodes = leaves.slice(number * 2 ** level, (number + 1) * 2 ** level);
    if (nodes.length !== 2 ** level) throw new Unavailable("tiles", "none such");
    while (nodes.length > 1) nodes = nodes.filter((_, at) => at % 2 === 0).map((left, at) => L.nodeHash(left, nodes[2 * at + 1]));
    return nodes[0];
  } };
}

/* Both roots and the path of the last leaf, for all old sizes of a tree. */
globalThis.trees = async (leaves) => {
  const tiles = hashesOf(leaves.map(raw)), size = leaves.length, found = [];
  for (let old = 1; old <= size; old++) {
    const roots = await L.bothRoots(tiles, old, size), path = await L.pathOf(tiles, old - 1, size);
    found.push({ roots: roots.map(hex), path: path.map(hex) });
  }
  return found;
};

/* A file, judged by a browser that remembers `known`, with a log that serves the tiles of `leaves`, or none. */
globalThis.visited = async ([file, given, known, leaves]) => {
  const policy = parsePolicy(asMaps(given.policy)), logs = leaves ? [hashesOf(leaves.map(raw))] : [];
  const asked = { policy, nodes: given.nodes.map(fakeNode), sources: [], now: given.now, lot: given.lot, known, logs };
  const { checks, seen } = await verify([raw(file)], asked);
  return { answers: checks.map((each) => each.answer), what: checks[5].refuted.map((each) => each.what), remarks: checks[5].remarks,
           ...seen.visit };
};

/* Which check sees it first, and the reasons of the file in which one character is another. */
globalThis.cheats = async ([file, given]) => {
  const asked = { policy: parsePolicy(asMaps(given.policy)), nodes: given.nodes.map(fakeNode), sources: [], now: given.now, lot: given.lot };
  const found = {}, genuine = raw(file);
  for (const [what, { check }] of Object.entries(L.CHEATS)) {
    const done = L.cheated(genuine, what);
    const { checks } = await verify([done.file], asked);
    found[what] = { check, seen: checks.find((each) => each.answer === "refuted")?.check ?? null,
                    changed: done.file.filter((byte, at) => byte !== genuine[at]).length };
  }
  return found;
};

globalThis.family = async ([file, given]) => {
  const asked = { policy: parsePolicy(asMaps(given.policy)), nodes: [], sources: [], now: given.now, lot: given.lot };
  const { seen } = await verify([raw(file)], asked);
  return L.familyOf(seen.said, seen.bundle.lot);
};
