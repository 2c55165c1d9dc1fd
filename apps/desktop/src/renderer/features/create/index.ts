export { CreateScreen } from './components/create-screen.tsx';
export { takeFiles } from './store.ts';
