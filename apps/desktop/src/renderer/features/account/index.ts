export { AccountScreen } from './components/account-screen.tsx';
export { copyDiagnostics } from './components/settings.tsx';
export { WalletCard } from './components/wallet-card.tsx';
