import './start.ts';
import { createRoot } from 'react-dom/client';
import './theme.css';
import { Root } from './root.tsx';

const place = document.getElementById('root');
if (place) createRoot(place).render(<Root />);
