/** What a model file declares of its vocabulary. */
import { readGgufFileInfo } from 'node-llama-cpp';

/** A token of the vocabulary that is not plain text. */
export interface SpecialToken {
  readonly id: number;
  readonly text: string;
}

/** Values of `tokenizer.ggml.token_type`: a normal token, and a byte. */
const plainTypes = [1, 6];

/** Every token that the file does not declare as plain text or a byte. */
export async function specialTokensOf(modelPath: string): Promise<SpecialToken[]> {
  const { metadata } = await readGgufFileInfo(modelPath);
  const { tokens, token_type: types } = metadata.tokenizer.ggml;
  return [...tokens].flatMap((text, id) =>
    plainTypes.includes(types?.[id] ?? 1) ? [] : [{ id, text: String(text) }],
  );
}
