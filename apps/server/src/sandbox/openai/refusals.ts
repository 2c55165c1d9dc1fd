import { ApiError } from './order.ts';
import type { SandboxState } from './state.ts';

/** Faults before acceptance: nothing is paid. */
export function refuseWhenTold(state: SandboxState, says: (word: string) => boolean): void {
  if (says('429') || state.use('rateLimit')) {
    const retryAfter = state.controls().rateLimit.retryAfterS;
    throw new ApiError(429, 'Rate limit reached for images per min.', {
      type: 'rate_limit_error',
      code: 'rate_limit_exceeded',
      headers: { 'retry-after': String(retryAfter), 'retry-after-ms': String(Math.round(retryAfter * 1000)) },
    });
  }
  if (says('500') || state.use('fail')) {
    throw new ApiError(says('500') ? 500 : state.controls().fail.status, 'The server had an error while processing your request.', {
      type: 'server_error',
    });
  }
  if (says('moderation') || state.use('moderation')) {
    throw new ApiError(400, 'Your request was rejected by the safety system. safety_violations=[violence]', {
      type: 'image_generation_user_error',
      code: 'moderation_blocked',
    });
  }
}
