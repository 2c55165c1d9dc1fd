import { z } from 'zod';

// Zod compiles validators with `new Function` when it may; our content security policy forbids that, so don't even try.
z.config({ jitless: true });
