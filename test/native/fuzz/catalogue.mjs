/**
 * What the addon exports, as {name, parameters: [{name, kind}]}, from what it says of itself. A function
 * that reads its own arguments has to be described here; one that is not is an error with its name.
 */
const selfReading = {
  beginScope: [],
  call: ['string', 'any[]'],
  collectable: ['any', 'Tensor'],
  endScope: ['Tensor[]'],
  environment: [],
  memory: [],
  profileStop: [],
  release: ['Tensor'],
  setCollector: ['any'],
  setErrorClass: ['any'],
  signatures: [],
  toBytes: ['Tensor'],
};

/** @returns every exported function in the order of its name */
export function catalogue(native) {
  const described = new Map(native.signatures().map(parse));
  const exported = Object.keys(Object.getPrototypeOf(native)).sort();
  return exported.map((name) => {
    const parameters = described.get(name) ?? selfReading[name]?.map((kind) => ({ name, kind }));
    if (parameters === undefined) {
      throw new Error(`${name}: expected its parameters in catalogue.mjs, as it reads its own`);
    }
    return { name, parameters };
  });
}

function parse(signature) {
  const [, name, list] = /^(\w+)(?:\((.*)\))?$/.exec(signature);
  if (list === undefined) return [name, undefined];
  const parameters = list === '' ? [] : list.split(', ').map((each) => each.split(': '));
  return [name, parameters.map(([parameter, kind]) => ({ name: parameter, kind }))];
}
