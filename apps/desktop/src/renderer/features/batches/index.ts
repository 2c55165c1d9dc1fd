export { QueueScreen } from './components/queue-screen.tsx';
export { isOpen, loadResults, loadResultsOf, startBatches, useBatches } from './store.ts';
