declare module 'fxa-common-password-list' {
  /** True for a password of at least 8 characters that is among the most used ones; looks at the lower-case form as given. */
  const list: { test(password: string): boolean };

  export { list as default };
}
