import { ModelUnusableError } from '../errors.js';
import { supportedModels } from './architectures.js';

/** A config that lacks something, or contradicts itself. */
export function configInvalid(file: string, reason: string): ModelUnusableError {
  return new ModelUnusableError('MODEL_CONFIG_INVALID', file, reason, 'Download the model again.');
}

/** A model that does something which is not computed here; loading it would give wrong answers. */
export function configUnsupported(file: string, reason: string, advice = supportedModels): ModelUnusableError {
  return new ModelUnusableError('MODEL_CONFIG_UNSUPPORTED', file, reason, advice);
}

/** An architecture that is not computed here. */
export function architectureUnsupported(file: string, shownName: string): ModelUnusableError {
  return new ModelUnusableError(
    'MODEL_ARCHITECTURE_UNSUPPORTED', file, `its architecture ${shownName} is not supported`, supportedModels,
    { values: { architecture: shownName } },
  );
}
