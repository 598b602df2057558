/** Python code that reproduces a recipe, via the HTTP API or with the Python library. Pure. */

/** @typedef {import('./recipe.js').Recipe} Recipe */
/** @typedef {import('../../core/edits.js').WireEdit} WireEdit */

/** JSON literals of strings and numbers are valid in Python. @param {unknown} value */
const literal = (value) => JSON.stringify(value);

/** @param {readonly string[]} lines @param {string} indent */
const block = (lines, indent) => lines.map((line) => `\n${indent}${line},`).join('');

/** @param {WireEdit} edit */
const keywordArguments = (edit) =>
  Object.entries(edit)
    .map(([key, value]) => `${key}=${literal(value)}`)
    .join(', ');

/** @param {WireEdit} edit */
const dictLiteral = (edit) =>
  `{${Object.entries(edit)
    .map(([key, value]) => `${literal(key)}: ${literal(value)}`)
    .join(', ')}}`;

/** @param {Recipe} recipe @param {string} file */
const saveAndCheck = ({ wav_sha256: digest }, file) =>
  `open(${literal(file)}, "wb").write(wav)` +
  (digest
    ? `\nprint("identical" if hashlib.sha256(wav).hexdigest() == ${literal(digest)} else "not bit-identical")`
    : '');

/**
 * @param {Recipe} recipe
 * @param {string} server address without a trailing slash
 * @param {string} file name of the saved sound
 * @returns {string}
 */
export function httpCode(recipe, server, file) {
  const { model, recording, decode } = recipe;
  const { clip, edits, ...rest } = decode;
  const body = Object.entries(rest).map(([key, value]) => `${literal(key)}: ${literal(value)}`);
  if (clip) body.push(`"clip": encode(recording)`);
  body.push(edits.length ? `"edits": [${block(edits.map(dictLiteral), '        ')}\n    ]` : `"edits": []`);
  const source =
    recording &&
    ('example' in recording
      ? `ask(${literal(`/models/${encodeURIComponent(model.name)}/examples/${encodeURIComponent(recording.example)}`)})`
      : `open(${literal(recording.file)}, "rb").read()`);
  return `import hashlib
import json
import urllib.request

SERVER = ${literal(server)}


def ask(path, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(SERVER + path, body, headers)) as answer:
        return answer.read()

${
  source
    ? `
def encode(recording):
    edge = hashlib.sha256(recording).hexdigest()
    part = f'--{edge}\\r\\nContent-Disposition: form-data; name='
    form = f'{part}"model"\\r\\n\\r\\n${model.name}\\r\\n{part}"file"; filename="recording"\\r\\n\\r\\n'.encode()
    form += recording + f"\\r\\n--{edge}--\\r\\n".encode()
    return json.loads(ask("/encode", form, Content_Type=f"multipart/form-data; boundary={edge}"))["clip"]


recording = ${source}
`
    : ''
}recipe = {${block(body, '    ')}
}
wav = ask("/decode", json.dumps(recipe).encode(), Content_Type="application/json", Accept="audio/wav")
${saveAndCheck(recipe, file)}
`;
}

/**
 * @param {Recipe} recipe
 * @param {string} file name of the saved sound
 * @returns {string}
 */
export function libraryCode(recipe, file) {
  const { model, recording, decode } = recipe;
  const { module, base, seed, seconds, edits } = decode;
  const posterior = base === 'mean' || base === 'sample';
  const shape = recording
    ? `*model.encode(recording)[module - 1].mean.shape`
    : `model.dims(module), geometry.frames(samples)`;
  const latents = {
    mean: `edits.base_latents(model.encode(recording)[module - 1], "mean")`,
    sample: `edits.base_latents(model.encode(recording)[module - 1], "sample", ${seed})`,
    prior: `edits.prior_latents(${shape}, ${seed})`,
    zero: `edits.zero_latents(${shape})`,
  }[base];
  const source =
    recording &&
    ('example' in recording
      ? `folder / "examples" / ${literal(`${recording.example}.flac`)}`
      : `Path(${literal(recording.file)})`);
  const spliced = posterior && edits.length > 0;
  return `import hashlib
from pathlib import Path

from trainer import audio, bundle, edits

folder = ${model.name === 'demo' ? 'bundle.DEMO' : `Path("models") / ${literal(model.name)}  # change to its folder`}
assert bundle.digest(folder) == ${literal(model.digest)}, "different model"
model, module = bundle.load(folder).optimise_for_inference(), ${module}
rate, geometry = model.config.sample_rate, model.geometry[module - 1]

${
  source
    ? `recording = audio.read_audio(${source}, rate)
samples, gain = len(recording), model.gain(recording)`
    : `samples, gain = round(${seconds} * rate), 1.0`
}
base = ${latents}
changes = [${block(
    edits.map((edit) => `edits.Edit(${keywordArguments(edit)})`),
    '    ',
  )}${edits.length ? '\n' : ''}]
latents = edits.apply_edits(base, changes, geometry)
${
  spliced
    ? `# Decodes only the edited part; model.decode(module, latents, samples) is equal within rounding.
sound = model.decode_edited(module, latents, base, samples, lambda: model.decode(module, base, samples)) / gain`
    : `sound = model.decode(module, latents, samples) / gain`
}
wav = audio.encode_wav((sound / max(1.0, float(sound.abs().max()))).numpy(), rate)
${saveAndCheck(recipe, file)}
`;
}
