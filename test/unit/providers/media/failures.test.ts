// Whose fault a failed run is: refusals of what was asked for are not counted against the provider.
import { expect, it } from 'vitest';
import { runFailure } from '../../../../src/providers/media/failures';

it.each([
  ['Request blocked due to safety violations (harmful content). Please modify your input and retry.'],
  ['Request blocked: The uploaded audio was flagged by Google safety review.'],
  ['The input or output was flagged as sensitive. Please try again with different inputs. (E005)'],
  ['Failure to pass the risk control system'],
  ['Content Moderated'],
  ['Your prompt was caught by our AI moderator. Please adjust it and try again!'],
  ["This prompt contains words that violate Vertex AI's usage guidelines."],
  ['The generated video was blocked because it violates our policies'],
  ['The result may be subject to copyright restrictions.'],
  ['The run ended.', 'SAFETY.OUTPUT.MULTIMODAL'],
  ['The run ended.', 'IMAGE_SAFETY'],
  ['Input data may contain inappropriate content.', 'DataInspectionFailed'],
  ['图片审核不通过'],
])('%s %s is a refusal of the content', (message, code?: string) => {
  expect(runFailure(message, code).failure.action).toBe('caller');
});

it.each([
  ['internal error, please try again later'],
  ['CUDA out of memory'],
  ['The content moderation service is unavailable.'],
  ['content policy service timed out'],
  ['the server is overloaded'],
])('%s is a failure of the provider', (message) => {
  expect(runFailure(message).failure.action).toBe('next_target');
});
