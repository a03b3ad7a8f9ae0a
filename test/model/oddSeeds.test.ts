import { testSchedules } from './schedules';

testSchedules(1, 3);
