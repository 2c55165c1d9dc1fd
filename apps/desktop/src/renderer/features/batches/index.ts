export { QueueScreen } from './components/queue-screen.tsx';
export { isOpen, loadItems, loadResults, loadResultsOf, startBatches, useBatches } from './store.ts';
