/** Who I am in this house. */
import { keepCsrfToken } from '../api/client';
import { me } from '../api/house';
import type { IceServer, Me, Person } from '../api/types';

class Session {
  person = $state.raw<Person | null>(null);
  houseName = $state('Balai');
  iceServers: IceServer[] = [];
  /** What is said on stage is kept sealed for so long, so that a report can reach back; 0: it is not. */
  evidenceS = $state(0);
  /** For so long after its end a room can be reported. */
  reportWindowS = $state(0);
  isKnown = $state(false);

  take(answer: Me): void {
    this.person = answer.person;
    this.houseName = answer.house_name;
    this.iceServers = answer.ice_servers;
    this.evidenceS = answer.evidence_s;
    this.reportWindowS = answer.report_window_s;
    keepCsrfToken(answer.csrf_token);
    this.isKnown = true;
  }

  async load(): Promise<void> {
    this.take(await me());
  }
}

export const session = new Session();
