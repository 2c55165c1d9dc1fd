export function Root() {
  return <main className="app">pingplex</main>;
}
